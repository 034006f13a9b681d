#!/usr/bin/env python3
"""Reads texts with other readers of personal data and says how long it took.

    python3 -m venv peers && peers/bin/pip install presidio-analyzer datafog-core sudachipy sudachidict_core
    PEERS_PYTHON=peers/bin/python cargo bench --bench detection -- peers

Run by the benchmark, with a file of text and its language for arguments. For each peer it prints a line:
name, bytes read, least seconds of processor time, findings. Presidio has its pattern recognizers alone and
blank spaCy pipelines, so that no model is needed; it gets less text because it would take hours.
"""
import sys
import time


def presidio(language):
    import spacy
    from presidio_analyzer import AnalyzerEngine, PatternRecognizer, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):
        def __init__(self):
            super().__init__(models=[{"lang_code": language, "model_name": "blank"}])
            self.nlp = {language: spacy.blank(language)}

    registry = RecognizerRegistry(supported_languages=[language])
    registry.load_predefined_recognizers(languages=[language])
    registry.recognizers = [r for r in registry.recognizers if isinstance(r, PatternRecognizer)]
    engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=[language])
    return lambda text: len(engine.analyze(text, language=language))


def datafog(_):
    import datafog_core

    return lambda text: len(datafog_core.scan(text))


def measure(name, scan, text, chunk, repeats):
    """The least time of some repeats over the text, handed over as mails of `chunk` characters."""
    pieces = [text[i : i + chunk] for i in range(0, len(text), chunk)]
    scan(pieces[0])
    best, found = float("inf"), 0
    for _ in range(repeats):
        start = time.thread_time()
        found = sum(scan(piece) for piece in pieces)
        best = min(best, time.thread_time() - start)
    print(f"{name}\t{len(text.encode())}\t{best:.6f}\t{found}", flush=True)


def main(path, language):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    measure("datafog-core", datafog(language), text[:2_000_000], 100_000, 5)
    measure("presidio-analyzer", presidio(language), text[:60_000], 10_000, 2)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
