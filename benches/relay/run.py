#!/usr/bin/env python3
"""Measures Sekisho as a relay beside its peers, in one run on one machine.

    cargo build --release && python3 benches/relay/run.py [--seconds 3] [--rounds 3] [--haraka]

smtp-source -> PEER -> smtp-sink on loopback, for
  direct    no peer: smtp-source talks to smtp-sink
  sekisho   target/release/sekisho with its default rules, every decision committed to the audit log
  postfix   a private Postfix with smtpd_proxy_filter straight to smtp-sink (it inspects nothing)
  haraka    Haraka with queue/smtp_forward, where npm can install it (--haraka)

The peers take turns within each round, because the machine's speed drifts; the medians of the
rounds are printed, and ratios are what counts. Needs Debian's package postfix (smtp-source and
smtp-sink come with it) and root (Postfix drops privileges). Only 127.0.0.1 is used, and every run is bounded.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SINK, SEKISHO, POSTFIX, HARAKA = 25260, 25261, 25262, 25263
PORT = {"direct": SINK, "sekisho": SEKISHO, "postfix": POSTFIX, "haraka": HARAKA}
TICKS = os.sysconf("SC_CLK_TCK")
ENVELOPE = ["-f", "staff@city.example.jp", "-t", "citizen@example.org", "-M", "mail.city.example.jp"]


def read(path):
    try:
        with open(path) as f:
            return f.read()
    except OSError:
        return ""


def tree(root):
    """The process and all its descendants."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            stat = read(f"/proc/{name}/stat")
            if stat:
                parent = int(stat[stat.rfind(")") + 2 :].split()[1])
                children.setdefault(parent, []).append(int(name))
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue += children.get(pid, [])
    return found


def cpu_seconds(root):
    """Processor seconds of a process tree, reaped children included."""
    total = 0
    for pid in tree(root):
        stat = read(f"/proc/{pid}/stat")
        if stat:
            total += sum(int(x) for x in stat[stat.rfind(")") + 2 :].split()[11:15])
    return total / TICKS


def memory_mb(root):
    """(RSS, PSS) of a process tree in MB."""
    rss = pss = 0
    for pid in tree(root):
        for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith("Rss:"):
                rss += int(line.split()[1])
            elif line.startswith("Pss:"):
                pss += int(line.split()[1])
    return rss / 1024, pss / 1024


def wait_port(port, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"port {port} never opened")


class Sink:
    """smtp-sink; its counter is read from a pipe-free file."""

    def __init__(self, work):
        self.count_file = os.path.join(work, "sink.count")
        out = open(self.count_file, "w")
        self.process = subprocess.Popen(
            ["smtp-sink", "-u", "nobody", "-c", "-m", "2000", f"127.0.0.1:{SINK}", "1024"],
            stdout=out,
            stderr=subprocess.DEVNULL,
        )
        wait_port(SINK)

    def count(self):
        size = os.path.getsize(self.count_file)
        with open(self.count_file, "rb") as f:
            f.seek(max(0, size - 200))
            tail = f.read().replace(b"\r", b"\n")
        for line in reversed(tail.split(b"\n")):
            at = line.find(b"mesg=")
            if line.startswith(b"sess=") and at > 0 and line[at + 5 :].strip().isdigit():
                return int(line[at + 5 :])
        return 0

    def stop(self):
        self.process.terminate()
        self.process.wait()


def start_sekisho(work):
    folder = os.path.join(work, "sekisho")
    os.makedirs(folder)
    config = os.path.join(folder, "sekisho.toml")
    with open(config, "w") as f:
        f.write(
            f"""[organization]
name = "みほん市"
domains = ["city.example.jp"]
language = "ja"
[receive]
listen = ["127.0.0.1:{SEKISHO}"]
trusted_networks = ["127.0.0.0/8"]
max_message_size = "50MB"
[next_hop]
url = "smtp://127.0.0.1:{SINK}"
[store]
url = "sqlite:{folder}/sekisho.db"
key_file = "{folder}/sekisho.key"
[rules]
directory = "{ROOT}/rules"
"""
        )
    log = open(os.path.join(folder, "log"), "w")
    binary = os.environ.get("SEKISHO", os.path.join(ROOT, "target", "release", "sekisho"))
    return Program([binary, "serve", "--config", config], log)


def start_postfix(work):
    folder = os.path.join(work, "postfix")
    for name in ("conf", "spool", "data"):
        os.makedirs(os.path.join(folder, name))
    shutil.chown(os.path.join(folder, "data"), "postfix")
    with open(os.path.join(folder, "conf", "main.cf"), "w") as f:
        f.write(
            f"""compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/maillog
maillog_file_prefixes = /tmp, /var, {folder}
myhostname = relay.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtpd_tls_security_level = none
smtp_tls_security_level = none
smtp_dns_support_level = disabled
message_size_limit = 52428800
"""
        )
    with open(os.path.join(folder, "conf", "master.cf"), "w") as f:
        f.write(
            f"""127.0.0.1:{POSTFIX} inet n - n - - smtpd -o smtpd_proxy_filter=127.0.0.1:{SINK}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
        )
    return Postfix(folder)


class Postfix:
    """A private Postfix instance, by the process id of its master."""

    def __init__(self, folder):
        self.control = ["/usr/sbin/postfix", "-c", os.path.join(folder, "conf")]
        subprocess.run(self.control + ["start"], check=True, capture_output=True)
        self.pid = int(read(os.path.join(folder, "spool", "pid", "master.pid")))

    def stop(self):
        subprocess.run(self.control + ["stop"], capture_output=True)


class Program:
    """A peer that is one program of ours to start and to end."""

    def __init__(self, command, log=subprocess.DEVNULL):
        self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self.pid = self.process.pid

    def stop(self):
        os.killpg(self.pid, signal.SIGTERM)
        self.process.wait()


def start_haraka(work):
    folder = os.path.join(work, "haraka")
    os.makedirs(os.path.join(folder, "config"))
    os.makedirs(os.path.join(folder, "plugins"))
    with open(os.path.join(folder, "package.json"), "w") as f:
        json.dump(
            {
                "private": True,
                "dependencies": {"Haraka": "3.3.4"},
                "overrides": {"libmime": "5.4.3", "encoding-japanese": "2.2.0", "libqp": "2.1.1"},
            },
            f,
        )
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--omit=optional"], cwd=folder, capture_output=True, timeout=300
    )
    if done.returncode:
        print("haraka does not install here:", done.stderr.decode()[-300:], file=sys.stderr)
        return None
    files = {
        "config/smtp.ini": f"listen=127.0.0.1:{HARAKA}\n",
        "config/plugins": "accept_all\nqueue/smtp_forward\n",
        "config/smtp_forward.ini": f"host=127.0.0.1\nport={SINK}\nenable_outbound=true\nmax_connections=100\n",
        "config/log.ini": "level=notice\n",
        "config/me": "relay.example\n",
        "plugins/accept_all.js": (
            "exports.register = function () { this.register_hook('connect_init', 'r');"
            " this.register_hook('rcpt', 'ok'); this.register_hook('lookup_rdns', 'rdns') }\n"
            "exports.rdns = function (next) { next(OK, 'localhost') }\n"
            "exports.r = function (next, c) { c.relaying = true; next() }\n"
            "exports.ok = function (next) { next(OK) }\n"
        ),
    }
    for name, text in files.items():
        with open(os.path.join(folder, name), "w") as f:
            f.write(text)
    haraka = os.path.join(folder, "node_modules", "Haraka")
    # Without its own connection.ini it breaks at the first greeting.
    shutil.copy(os.path.join(haraka, "config", "connection.ini"), os.path.join(folder, "config"))
    return Program(["node", os.path.join(haraka, "bin", "haraka"), "-c", folder])


def load(peer, process, sink, messages, sessions, size):
    """One run of smtp-source; messages a second, processor seconds per 1,000, peak memory in MB."""
    before = sink.count()
    peak, done = [0.0, 0.0], threading.Event()

    def sample():
        while not done.is_set():
            rss, pss = memory_mb(process.pid)
            peak[0], peak[1] = max(peak[0], rss), max(peak[1], pss)
            done.wait(0.5)

    sampler = threading.Thread(target=sample) if process else None
    if sampler:
        sampler.start()
    cpu = cpu_seconds(process.pid) if process else 0
    start = time.perf_counter()
    command = ["smtp-source", "-d", "-s", str(sessions), "-m", str(messages), "-l", str(size)]
    failed = subprocess.run(
        command + ENVELOPE + [f"127.0.0.1:{PORT[peer]}"], capture_output=True, timeout=120
    ).returncode
    while sink.count() - before < messages and time.perf_counter() - start < 120 and not failed:
        time.sleep(0.005)
    seconds = time.perf_counter() - start
    cpu = (cpu_seconds(process.pid) - cpu) if process else 0
    done.set()
    if sampler:
        sampler.join()
    got = sink.count() - before
    if failed or got < messages:
        print(f"{peer}: {got} of {messages} arrived", file=sys.stderr)
    return {"rate": min(got, messages) / seconds, "cpu": cpu / messages * 1000, "rss": peak[0], "pss": peak[1]}


def latency(peer, size, count):
    """Milliseconds from MAIL to the reply to the final dot, one session, median of `count`."""
    sock = socket.create_connection(("127.0.0.1", PORT[peer]))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def talk(data):
        if data:
            sock.sendall(data)
        got = b""
        while not (got.endswith(b"\r\n") and got.split(b"\r\n")[-2][3:4] == b" "):
            more = sock.recv(4096)
            if not more:
                raise SystemExit(f"{peer} closed the session")
            got += more
        if got[:1] not in b"23":
            raise SystemExit(f"{peer}: {got!r}")

    talk(b"")
    talk(b"EHLO mail.city.example.jp\r\n")
    head = b"From: <staff@city.example.jp>\r\nTo: <citizen@example.org>\r\nSubject: minutes\r\nMessage-ID: <%d@city.example.jp>\r\n\r\n"
    body = (b"X" * 78 + b"\r\n") * (size // 80)
    times = []
    for i in range(count + 10):
        start = time.perf_counter()
        talk(b"MAIL FROM:<staff@city.example.jp>\r\n")
        talk(b"RCPT TO:<citizen@example.org>\r\n")
        talk(b"DATA\r\n")
        talk(head % i + body + b".\r\n")
        if i >= 10:
            times.append((time.perf_counter() - start) * 1000)
        time.sleep(0.005)
    talk(b"QUIT\r\n")
    return statistics.median(times)


def many_recipients(peer, recipients=421, size=10240):
    """Milliseconds for one message to 421 recipients."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(
            ["smtp-source", "-s", "1", "-m", "1", "-r", str(recipients), "-l", str(size)]
            + ENVELOPE
            + [f"127.0.0.1:{PORT[peer]}"],
            capture_output=True,
            timeout=60,
        )
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=3, help="about how long one run lasts")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--haraka", action="store_true", help="install Haraka with npm and measure it too")
    options.add_argument("--sizes", default="10240,102400")
    options.add_argument("--sessions", default="1,10,50")
    options.add_argument("--only", help="peers, by comma: sekisho,postfix,direct")
    args = options.parse_args()

    work = tempfile.mkdtemp(prefix="sekisho-bench-")
    os.chmod(work, 0o755)
    sink = Sink(work)
    peers = {"direct": None}
    started = []
    wanted = args.only.split(",") if args.only else ["direct", "sekisho", "postfix"] + (["haraka"] if args.haraka else [])
    try:
        for name, start in (("sekisho", start_sekisho), ("postfix", start_postfix), ("haraka", start_haraka)):
            if name not in wanted:
                continue
            process = start(work)
            if process:
                started.append(process)
                wait_port(PORT[name])
                peers[name] = process
        if "direct" not in wanted:
            del peers["direct"]
        print("| size | sessions | peer | msg/s | of direct | × postfix | CPU s/1,000 | RSS MB | PSS MB |")
        print("|---|---|---|---|---|---|---|---|---|")
        for size in [int(x) for x in args.sizes.split(",")]:
            for sessions in [int(x) for x in args.sessions.split(",")]:
                rows = {name: [] for name in peers}
                count = {}
                for name, process in peers.items():  # warm up, and guess how many fit
                    first = load(name, process, sink, max(200, sessions * 4), sessions, size)
                    count[name] = int(min(60000, max(200, first["rate"] * args.seconds)))
                for _ in range(args.rounds):
                    for name, process in peers.items():
                        rows[name].append(load(name, process, sink, count[name], sessions, size))
                for name in peers:
                    rate = median(rows[name], "rate")
                    of = [a["rate"] / b["rate"] for a, b in zip(rows[name], rows.get("direct", []))]
                    by = [a["rate"] / b["rate"] for a, b in zip(rows[name], rows.get("postfix", []))]
                    direct = f"{statistics.median(of) * 100:.0f} %" if of else "–"
                    postfix = f"{statistics.median(by):.2f}" if by else "–"
                    own = " | ".join(
                        f"{median(rows[name], key):.{digits}f}" if peers[name] else "–"
                        for key, digits in (("cpu", 3), ("rss", 0), ("pss", 0))
                    )
                    print(
                        f"| {size // 1024} KB | {sessions} | {name} | {rate:,.0f} | {direct} | {postfix} | {own} |",
                        flush=True,
                    )
        print("\n| peer | one session, 10 KB, ms | added, ms | 421 recipients, ms |")
        print("|---|---|---|---|")
        lat = {name: [] for name in peers}
        many = {name: [] for name in peers}
        for _ in range(max(3, args.rounds)):
            for name in peers:
                lat[name].append(latency(name, 10240, 200))
                many[name].append(many_recipients(name))
        for name in peers:
            added = statistics.median(a - b for a, b in zip(lat[name], lat.get("direct", lat[name])))
            print(
                f"| {name} | {statistics.median(lat[name]):.2f} | {added:+.2f} | {statistics.median(many[name]):.0f} |",
                flush=True,
            )
    finally:
        for process in started:
            process.stop()
        sink.stop()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
