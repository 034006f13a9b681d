#!/usr/bin/env python3
"""Measures how long the pages of the review site take to answer when the store is full.

    cargo build --release && python3 benches/pages/run.py [--binary target/release/sekisho] [--markdown]

In a temporary folder a store is filled with 100,000 audit entries (a whole chain, proven by `audit verify`
before anything is measured), 1,000 held mails and 100,000 cases that have ended. 300 of the held mails are
sent over SMTP, so that their content is there to be shown; the others are rows of the same form. Then one
reader who has signed in asks for each page again and again over one kept connection, and the median, the
95th percentile and the slowest are printed. A page that this program does not have is left out. Only
127.0.0.1 is used, and every run is bounded.
"""

import argparse
import hashlib
import http.client
import json
import os
import random
import re
import smtplib
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from datetime import datetime, timezone

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
ENTRIES, HELD, ENDED, SENT = 100_000, 1_000, 100_000, 300
RULES = ["exposed-recipients", "sensitive-personal-data", "list-of-persons", "form-results-link", "repeated-list"]
INCIDENTS = ["2023-116", "2023-112", "2023-391", "2022-minoh"]
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REVIEWER = ("kanri@city.example.jp", "correct horse battery")
DICE = random.Random(20261122)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def configure(folder):
    smtp, web = free_port(), free_port()
    path = os.path.join(folder, "sekisho.toml")
    with open(path, "w") as f:
        f.write(
            '[organization]\nname = "みほん市"\ndomains = ["city.example.jp"]\nlanguage = "ja"\n'
            f'admins = ["{REVIEWER[0]}"]\n'
            f'[receive]\nlisten = ["127.0.0.1:{smtp}"]\nhostname = "gate.example"\n'
            f'[next_hop]\nurl = "maildir:{folder}/out"\n'
            f'[store]\nurl = "sqlite:{folder}/sekisho.db"\n'
            f'[web]\nlisten = "127.0.0.1:{web}"\npublic_url = "http://127.0.0.1:{web}"\n'
        )
    return path, smtp, web


def run(binary, *words, text=None):
    done = subprocess.run([binary, *words], input=text, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


class Serving:
    """The daemon, while it serves."""

    def __init__(self, binary, config, folder, ports):
        self.log = open(os.path.join(folder, "log"), "a")
        self.child = subprocess.Popen([binary, "serve", "--config", config], stdout=self.log, stderr=self.log)
        for port in ports:
            self.wait(port)

    def wait(self, port):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.child.poll() is None:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        sys.exit("the daemon did not start; its log is " + self.log.name)

    def stop(self):
        self.child.terminate()
        self.child.wait(60)
        self.log.close()


def case_number():
    word = "".join(DICE.choice(DIGITS) for _ in range(8))
    return word[:4] + "-" + word[4:]


def stamp(ms):
    return datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03}Z"


def people():
    sender = f"staff{DICE.randrange(200)}@city.example.jp"
    count = DICE.choice([1, 1, 2, 3, 5, 12, 30])
    return sender, [f"citizen{DICE.randrange(50_000)}@family{DICE.randrange(2_000)}.example" for _ in range(count)]


def hits():
    rules = DICE.sample(RULES, DICE.choice([1, 1, 2]))
    return [
        {
            "action": "hold",
            "evidence": ["recipients.external = 12", "personal.persons_est = 30"],
            "id": rule,
            "incidents": DICE.sample(INCIDENTS, 2),
            "mode": "enforce",
        }
        for rule in rules
    ]


def entries_of_case(case, at):
    """What the log says of a case that has ended, and the case's row."""
    sender, rcpts = people()
    subject = f"ご案内 {DICE.randrange(10_000)} {DICE.choice(['名簿', '報告', '会議', '資料'])}"
    rules = hits()
    state = DICE.choices(["released", "repaired", "cancelled", "expired"], [4, 2, 3, 1])[0]
    who = "sekisho" if state == "expired" else f"approver{DICE.randrange(20)}@city.example.jp"
    mail = {"case": case, "message_id": f"{case}@city.example.jp", "recipients": rcpts, "sender": sender}
    told = {**mail, "subject": subject, "rules": rules}
    after = at + DICE.randrange(5_000, 7_200_000)
    entries = [(at, {**told, "action": "hold", "kind": "decision", "mail": case.replace("-", "")})]
    reason = {"reason": "内容を確認しました"} if who != "sekisho" else {}
    entries.append((after, {**told, "action": state, "actor": who, "kind": "case", **reason}))
    if state in ("released", "repaired"):
        notes = ["mail, attempt 1"]
        delivery = {"action": "delivered", "kind": "delivery", "notes": notes, "reason": "250 2.0.0 ok"}
        entries.append((after + 300, {**delivery, "case": case, "recipients": rcpts, "sender": sender}))
    row = (case, state, mail["message_id"], sender, subject, json.dumps(rcpts, ensure_ascii=False),
           b"\1" * 8 * len(rcpts), 1, None, DICE.choice(["sender", "second-person"]),
           json.dumps(rules, ensure_ascii=False), at, at + 1_209_600_000, after, 0)
    return entries, row


def passing(at):
    sender, rcpts = people()
    id = f"{DICE.getrandbits(60):012X}"
    mail = {"mail": id, "message_id": f"{id}@city.example.jp"}
    decision = {**mail, "action": "pass", "kind": "decision", "recipients": rcpts, "sender": sender}
    outcome = {**mail, "action": "accepted", "kind": "outcome", "reason": "250 2.0.0 ok"}
    return [(at, {**decision, "size": 9_000, "subject": "定例会のご案内"}), (at + 40, outcome)]


def fill(database):
    """Fills the store. The log holds the cases of the last weeks among passing mail; the older ones have
    left only their rows, as after a move of the log to an archive."""
    now = int(time.time() * 1000)
    entries, cases = [], []
    logged = ENTRIES // 5
    for n in range(ENDED):
        at = now - 90_000_000 - n * 60_000
        told, row = entries_of_case(case_number(), at)
        cases.append(row)
        if n < logged:
            entries += told
    while len(entries) < ENTRIES:
        entries += passing(now - 90_000_000 - DICE.randrange(logged * 60_000))
    for n in range(HELD - SENT):
        sender, rcpts = people()
        at = now - DICE.randrange(86_400_000)
        case, rules = case_number(), json.dumps(hits(), ensure_ascii=False)
        cases.append((case, "held", f"{case}@city.example.jp", sender, f"ご案内 {n}", json.dumps(rcpts),
                      b"\1" * 8 * len(rcpts), 1, None, DICE.choice(["sender", "second-person"]), rules, at,
                      at + 1_209_600_000, None, 0))
    entries.sort(key=lambda entry: entry[0])
    db = sqlite3.connect(database)
    seq, link = db.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    rows = []
    for at, entry in entries[:ENTRIES]:
        text = json.dumps({**entry, "at": stamp(at)}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        link = hashlib.sha256(link + text.encode()).digest()
        seq += 1
        rows.append((seq, link, at, entry["kind"], entry["action"], entry.get("case"), entry.get("message_id"),
                     entry.get("sender"), text))
    db.executemany("INSERT INTO audit (seq, hash, at, kind, action, case_id, message_id, sender, entry) "
                   "VALUES (?,?,?,?,?,?,?,?,?)", rows)
    db.executemany("INSERT OR IGNORE INTO cases (id, state, message_id, sender, subject, recipients, outside, parts, "
                   "rewrite, approval, rules, opened_at, ends_at, concluded_at, purged) "
                   "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", cases)
    db.commit()
    # Reads as it does in a database that has grown over months: the planner knows nothing of its sizes.
    db.close()


def send_held(port, count):
    """Mail that the default rules hold, over SMTP; the number of the last case."""
    text = "\r\n".join(f"{n + 1} 山田{n}様 電話 03-5555-{1000 + n} 東京都みほん区中央{n + 1}-2-3" for n in range(20))
    case = None
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo("mail.city.example.jp")
        for n in range(count):
            sender, rcpts = f"staff{n % 40}@city.example.jp", [f"citizen{n}@itaku{n % 7}.example", "b@other.example"]
            mail = (f"From: {sender}\r\nTo: {', '.join(rcpts)}\r\nSubject: meibo {n}\r\n"
                    f"Date: Sun, 22 Nov 2026 09:30:00 +0900\r\nMessage-ID: <bench-{n}@city.example.jp>\r\n"
                    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                    f"Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\nマイナンバー 123456789018\r\n")
            client.mail(sender)
            for rcpt in rcpts:
                client.rcpt(rcpt)
            code, reply = client.data(mail.encode())
            found = re.search(rb"as case (\S{9})", reply)
            if code != 250 or not found:
                sys.exit(f"a mail was not held: {code} {reply}")
            case = found.group(1).decode()
    return case


class Reader:
    """Somebody who has signed in, over one connection."""

    def __init__(self, port):
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        form = urllib.parse.urlencode({"name": REVIEWER[0], "password": REVIEWER[1], "to": "/"})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.ask("POST", "/login", form, kind)
        self.cookie = answer.getheader("set-cookie").split(";")[0]

    def ask(self, method, path, body=None, headers=None):
        self.line.request(method, path, body, headers or {"Cookie": getattr(self, "cookie", "")})
        answer = self.line.getresponse()
        answer.text = answer.read()
        return answer

    def times(self, path, rounds):
        """Milliseconds of each answer; none where there is no such page."""
        taken = []
        for n in range(rounds + 3):
            begun = time.perf_counter()
            answer = self.ask("GET", path)
            took = (time.perf_counter() - begun) * 1000
            if answer.status == 404:
                return None, 0
            if answer.status != 200:
                sys.exit(f"{path}: {answer.status}")
            if n >= 3:
                taken.append(took)
        return taken, len(answer.text)


def pages(case, register_case):
    return [
        ("held mail", "/cases"),
        ("held mail, page 5", "/cases?page=5"),
        ("held mail, soonest ending", "/cases?sort=ending"),
        ("held mail, search", "/cases?q=citizen7"),
        ("held mail, one rule", "/cases?rule=list-of-persons"),
        ("ended", "/cases?state=ended"),
        ("ended, search for something rare", "/cases?state=ended&q=nobody-at-all"),
        ("ended, one sender", "/cases?state=ended&sender=staff7@city.example.jp"),
        ("ended, one rule", "/cases?state=expired&rule=repeated-list"),
        ("one case", f"/cases/{case}"),
        ("one case, what would leave", f"/cases/{case}/confirm?do=bcc"),
        ("a case that has ended", f"/cases/{register_case}"),
        ("overrides", "/overrides"),
        ("overrides, one person", "/overrides?person=approver7"),
        ("overrides, one incident", "/overrides?incident=2022-minoh"),
        ("overrides, nobody", "/overrides?person=nobody-at-all"),
        ("audit log", "/log"),
        ("audit log, one person", "/log?person=staff7@city.example.jp"),
        ("audit log, nobody", "/log?person=nobody@nowhere.example"),
        ("audit log, one rule", "/log?rule=exposed-recipients"),
        ("overview", "/overview"),
        ("trace", "/trace"),
        ("trace, one recipient", "/trace?mail=citizen7@family7.example"),
        ("trace, a domain", "/trace?mail=%40family7.example"),
        ("casebook", "/casebook"),
        ("rules", "/rules"),
        ("controls", "/controls"),
        ("exceptions", "/exceptions"),
        ("accounts", "/accounts"),
    ]


def main():
    wanted = argparse.ArgumentParser(description="How long pages take with a full store.")
    wanted.add_argument("--binary", default=os.path.join(ROOT, "target/release/sekisho"))
    wanted.add_argument("--rounds", type=int, default=60)
    wanted.add_argument("--markdown", action="store_true", help="a table for docs/performance.md")
    options = wanted.parse_args()
    rounds = max(10, min(options.rounds, 1_000))
    with tempfile.TemporaryDirectory() as folder:
        config, smtp, web = configure(folder)
        run(options.binary, "user", "add", "--role", "admin", REVIEWER[0], "--config", config, text=REVIEWER[1] + "\n")
        fill(os.path.join(folder, "sekisho.db"))
        print(run(options.binary, "audit", "verify", "--config", config).strip(), file=sys.stderr)
        serving = Serving(options.binary, config, folder, [smtp, web])
        try:
            case = send_held(smtp, SENT)
            reader = Reader(web)
            listed = reader.ask("GET", "/overrides").text.decode()
            found = re.search(r'href="/cases/([0-9A-Z]{4}-[0-9A-Z]{4})"', listed)
            print("| page | median, ms | p95, ms | slowest, ms | KB |\n|---|---|---|---|---|" if options.markdown
                  else f"{'page':36}{'median':>9}{'p95':>9}{'slowest':>9}{'KB':>7}")
            worst = 0
            for name, path in pages(case, found.group(1) if found else case):
                taken, size = reader.times(path, rounds)
                if taken is None:
                    continue
                p95 = statistics.quantiles(taken, n=20)[18]
                worst = max(worst, p95)
                cells = (statistics.median(taken), p95, max(taken), size / 1000)
                if options.markdown:
                    print(f"| {name} | {cells[0]:.1f} | {cells[1]:.1f} | {cells[2]:.1f} | {cells[3]:.0f} |")
                else:
                    print(f"{name:36}{cells[0]:9.1f}{cells[1]:9.1f}{cells[2]:9.1f}{cells[3]:7.0f}")
            print(f"the slowest page's p95 is {worst:.1f} ms", file=sys.stderr)
        finally:
            serving.stop()


if __name__ == "__main__":
    main()
