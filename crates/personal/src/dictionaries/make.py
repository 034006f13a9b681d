#!/usr/bin/env python3
"""Makes the word lists of this folder from the dictionary of the Debian package mecab-ipadic.

    apt-get download mecab-ipadic && dpkg -x mecab-ipadic_*.deb x
    python3 make.py x/usr/share/mecab/dic/ipadic

Each list is one word a line, sorted; behind a word of the lists of readings stand its readings. The hand-written lists (added-*.txt) are not touched.
"""
import csv, glob, os, re, sys

HERE = os.path.dirname(os.path.abspath(__file__))
JAPANESE = re.compile(r"^[\u3005\u3040-\u30ff\u3400-\u9fff]+$")
KANA = re.compile(r"^[\u30a1-\u30f6\u30fc]+$")
HAN = re.compile(r"^[\u3005\u30f6\u30ce\u30b1\u3400-\u9fff]+$")
# The cost that ipadic gives to the place names that it took unseen from the postal list.
UNSEEN = 8676


def rows(folder, name):
    with open(os.path.join(folder, name), encoding="euc_jp", errors="replace") as f:
        yield from csv.reader(f)


def hand(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        return {w for line in f for w in line.split("#")[0].split()}


def write(name, words):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as f:
        words = sorted(words)
        f.writelines(w + "\n" for w in words)
    print(name, len(words))


def main(folder):
    surnames, given, kana_sur, kana_given = set(), set(), set(), set()
    readings = {"姓": {}, "名": {}}
    for r in rows(folder, "Noun.name.csv"):
        word, role, reading = r[0], r[7], r[11]
        if not JAPANESE.match(word) or len(word) > 5:
            continue
        if role in readings and KANA.match(reading) and not KANA.match(word):
            readings[role].setdefault(word, set()).add(reading)
        if role == "姓":
            surnames.add(word)
            if KANA.match(reading) and len(reading) > 1:
                kana_sur.add(reading)
        elif role == "名":
            if len(word) > 1 or HAN.match(word):
                given.add(word)
            if KANA.match(reading) and len(reading) > 1:
                kana_given.add(reading)
    places = set()
    for r in rows(folder, "Noun.place.csv"):
        if r[7] == "一般" and int(r[3]) != UNSEEN and JAPANESE.match(r[0]) and len(r[0]) <= 5:
            if not KANA.match(r[0]):
                places.add(re.sub("[市区町村郡]$", "", r[0]) if len(r[0]) > 2 else r[0])
    write("surnames.txt", surnames)
    write("given.txt", given)
    write("kana-surnames.txt", kana_sur)
    write("kana-given.txt", kana_given)
    for name, role in [("surname-readings.txt", "姓"), ("given-readings.txt", "名")]:
        write(name, (" ".join([word, *sorted(known)]) for word, known in readings[role].items()))
    write("places.txt", places | hand("added-places.txt"))

    # Ordinary words that could be read as surname + given name; without these a reader of running
    # text would find a person in every 東京 and 大学.
    allgiven = given | hand("added-given.txt")
    words = set()
    for path in glob.glob(os.path.join(folder, "*.csv")):
        if os.path.basename(path) == "Noun.name.csv":
            continue
        for r in rows(folder, os.path.basename(path)):
            w = r[0]
            if not 2 <= len(w) <= 8 or not HAN.match(w):
                continue
            for k in range(1, len(w)):
                if w[:k] in surnames and w[k:] in allgiven:
                    words.add(w)
                    break
    write("words.txt", words)


if __name__ == "__main__":
    main(sys.argv[1])
