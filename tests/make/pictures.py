#!/usr/bin/env python3
"""Makes the pictures of the README anew: runs the program in a folder of its own, sends it made-up mail over SMTP,
and photographs a notice, the list of held mail, one case and the sender's page with chromium by way of chromedriver.

    cargo build && python3 tests/make/pictures.py
    python3 tests/make/pictures.py --all FOLDER     # every page, in both languages, light and dark, on two widths

Needs chromium, chromedriver and nothing else but Python. Everything stays on this machine."""

import argparse
import base64
import email
import email.policy
import json
import re
import smtplib
import socket
import subprocess
import tempfile
import time
import urllib.request
from email.message import EmailMessage
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
APPROVER, ADMIN, SENDER = "kacho@city.example.jp", "joho@city.example.jp", "soumu@city.example.jp"
EVENT = (
    "各位\n\n夏の見学会のご案内です。添付の案内をご覧のうえ、7月10日までにお申し込みください。\n\n"
    "みほん市 総務課\n電話 03-5555-0142\n"
)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class House:
    """The program in a folder of its own, with pages, accounts and a maildir as its next hop."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.smtp, self.web = free_port(), free_port()
        self.config = folder / "sekisho.toml"
        self.config.write_text(
            f"""[organization]
name = "みほん市"
domains = ["city.example.jp"]
language = "ja"
admins = ["{ADMIN}"]
[receive]
listen = ["127.0.0.1:{self.smtp}"]
hostname = "gate.example"
[next_hop]
url = "maildir:{folder}/out"
[store]
url = "sqlite:{folder}/sekisho.db"
[rules]
directory = "{ROOT}/rules"
[hold]
undo = "5m"
[web]
listen = "127.0.0.1:{self.web}"
public_url = "http://127.0.0.1:{self.web}"
[notice]
contact = "情報政策課（内線 2345）"
[[approvers]]
name = "総務課"
senders = ["*"]
approvers = ["{APPROVER}"]
stand_ins = ["hosa@city.example.jp"]
[[control]]
name = "強制Bccゲートウェイのライセンス"
expires = {time.strftime("%Y-%m-%d", time.localtime(time.time() + 20 * 86400))}
warn_days = [60, 30, 14, 7, 3, 1]
owner = ["{ADMIN}"]
when_expired = "enforce"
[[control]]
name = "メール無害化サービスの契約"
expires = {time.strftime("%Y-%m-%d", time.localtime(time.time() - 12 * 86400))}
warn_days = [60, 30, 14, 7, 3, 1]
owner = ["{ADMIN}"]
when_expired = "warn"
""",
            encoding="utf-8",
        )
        for name, role in [(APPROVER, "approver"), (ADMIN, "admin")]:
            words = [program, "user", "add", "--role", role, name, "--config", self.config]
            subprocess.run(words, input=f"{PASSWORD}\n".encode(), check=True, stdout=subprocess.DEVNULL)
        log = open(folder / "log", "wb")
        self.serving = subprocess.Popen([program, "serve", "--config", self.config], stdout=log, stderr=log)
        until("it serves", lambda: reaches(self.smtp) and reaches(self.web))

    def send(self, mail, to, sender=SENDER):
        with smtplib.SMTP("127.0.0.1", self.smtp) as smtp:
            smtp.send_message(mail, sender, to)

    def notices(self, to):
        found = []
        for path in sorted((self.folder / "out").glob("**/*"), key=lambda p: p.stat().st_mtime):
            if path.is_file():
                mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                if mail["Auto-Submitted"] and to in (mail["To"] or ""):
                    found.append(mail)
        return found

    def notice(self, to, *words):
        """The newest notice to somebody that holds all of the words."""

        def find():
            fits = lambda m: all(w in m["Subject"] + m.get_body(("plain",)).get_content() for w in words)
            return ([m for m in self.notices(to) if fits(m)] or [None])[-1]

        return until(f"a notice to {to}", find)

    def page(self, notice):
        """The path of the page that a notice leads to."""
        links = re.findall(rf"http://127.0.0.1:{self.web}(/m/\S+)", notice.get_body(("plain",)).get_content())
        return min(links, key=len)

    def close(self):
        self.serving.terminate()
        self.serving.wait()


class Browser:
    """Chromium by the WebDriver protocol."""

    def __init__(self, site):
        self.site, port = site, free_port()
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until("chromedriver", lambda: reaches(port))
        self.at = f"http://127.0.0.1:{port}/session"
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": flags}}
        session = self.ask("", {"capabilities": {"alwaysMatch": wanted}})
        self.at += "/" + session["sessionId"]

    def ask(self, path, body):
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.at + path, data, {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=60))["value"]

    def cdp(self, command, **params):
        return self.ask("/goog/cdp/execute", {"cmd": command, "params": params})

    def look(self, width, dark=False, scale=1):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=scale, mobile=width < 500)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.cdp("Emulation.setEmulatedMedia", features=[scheme])

    def goto(self, path):
        self.ask("/url", {"url": path if "://" in path else self.site + path})

    def run(self, script):
        return self.ask("/execute/sync", {"script": script, "args": []})

    def sign_in(self, name):
        self.goto("/login?to=/account")
        fill = "const s=(n,v)=>document.querySelector(`input[name=${n}]`).value=v;"
        self.run(f"{fill}s('name','{name}');s('password','{PASSWORD}');document.querySelector('form[action=\"/login\"] button').click()")
        until("the sign-in", lambda: "/account" in self.run("return location.pathname"))

    def shoot(self, file, height=None):
        """A picture of the page, whole, or of so much of it."""
        tall = self.run("return Math.ceil(document.documentElement.scrollHeight)")
        width = self.run("return window.innerWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": min(tall, height or 6000), "scale": 1}
        shot = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        Path(file).write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        try:
            urllib.request.urlopen(urllib.request.Request(self.at, method="DELETE"), timeout=20)
        finally:
            self.driver.terminate()
            self.driver.wait()


def reaches(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def until(what, look):
    end = time.time() + 60
    while time.time() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise SystemExit(f"{what}: it did not come")


def mail(subject, to, body, sender=SENDER):
    message = EmailMessage(email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = f"総務課 <{sender}>", ", ".join(to), subject
    message["Date"] = email.utils.format_datetime(email.utils.localtime())
    message["Message-ID"] = email.utils.make_msgid(domain="city.example.jp")
    message.set_content(body)
    return message


def names(count):
    families = "佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田".split()
    return [(f"{families[n % 12]} 花子", f"hanako{n}@family{n}.example") for n in range(count)]


def story(house):
    """Mail of every kind: held for its sender, for a second person, a burst, delayed or mended, and done with."""
    secret = mail("【社外秘】来年度の予算案", ["tanaka@kensetsu.example"], "社外秘\n\n来年度の予算案をお送りします。\n")
    secret.add_attachment("科目,金額\n工事費,1200\n".encode(), maintype="text", subtype="csv", filename="予算案.csv")
    house.send(secret, ["tanaka@kensetsu.example"])
    # Approvers are told of many with one notice: this one comes alone.
    house.notice(APPROVER, "予算案")
    people = [address for _, address in names(14)]
    listed = mail("夏の見学会のご案内と参加者名簿", people, EVENT)
    rows = "".join(f"{name},{address},090-5555-{n:04},1980-04-{n + 1:02}\n" for n, (name, address) in enumerate(names(14)))
    listed.add_attachment(f"氏名,メール,電話,生年月日\n{rows}".encode(), maintype="text", subtype="csv", filename="参加者名簿.csv")
    house.send(listed, people)
    for n in range(5):
        text = f"口座のご確認です。\nカード番号 4111 1111 1111 1111\n{n}"
        house.send(mail(f"お支払い方法の確認 {n + 1}", [f"keiri{n}@torihiki{n}.example"], text), [f"keiri{n}@torihiki{n}.example"])
    house.send(mail("定例会の日程", ["suzuki@kensetsu.example"], "来週の定例会は火曜日の10時からです。\n"), ["suzuki@kensetsu.example"])
    house.send(mail("夏祭りのお知らせ", people[:12], "夏祭りを8月1日に開きます。\n"), people[:12])


def write_html(notice, folder, name):
    path = Path(folder) / f"{name}.html"
    path.write_text(notice.get_body(("html",)).get_content(), encoding="utf-8")
    return path.as_uri()


def pictures(house, browser, out):
    """The pictures of the README."""
    notice = house.notice(SENDER, "参加者名簿", "保留しました")
    browser.goto(write_html(notice, house.folder, "notice"))
    browser.look(500)
    browser.shoot(out / "notice-held.png", 1430)
    browser.look(360)
    browser.goto(house.page(notice))
    browser.shoot(out / "sender-page.png", 900)
    browser.look(1240)
    browser.sign_in(APPROVER)
    browser.goto("/cases")
    browser.shoot(out / "cases.png")
    browser.look(1000)
    case = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", notice["Subject"]).group()
    browser.goto(f"/cases/{case}")
    browser.shoot(out / "case.png", 1000)


def everything(house, browser, out):
    """Every page, in both languages, light and dark, on two widths."""
    held = house.notice(SENDER, "参加者名簿", "保留しました")
    asked = house.notice(APPROVER, "予算案")
    case = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", held["Subject"]).group()
    own, second = house.page(held), house.page(asked)
    browser.look(1280)
    browser.sign_in(ADMIN)
    browser.goto("/cases")
    together = browser.run("const a=document.querySelector('a[href*=\"/cases/together\"]');return a&&a.getAttribute('href')")
    paths = {
        "cases": "/cases", "ended": "/cases?state=ended", "case": f"/cases/{case}",
        "confirm": f"/cases/{case}/confirm?do=bcc", "cancel": f"/cases/{case}/confirm?do=cancel", "overview": "/overview",
        "log": "/log", "entry": "/log/3", "trace": "/trace?address=suzuki%40kensetsu.example", "overrides": "/overrides",
        "casebook": "/casebook", "incident": "/casebook/2023-116", "rules": "/rules", "rule": "/rules/list-of-persons",
        "exceptions": "/exceptions", "controls": "/controls", "accounts": "/accounts", "account": "/account",
        "account-of": f"/accounts/{APPROVER.replace('@', '%40')}", "nowhere": "/nowhere",
    }
    if together:
        browser.goto(together)
        boxes = "return [...document.querySelectorAll('input[name=case]')].map(box => `&case=${box.value}`).join('')"
        marks = browser.run(boxes)
        paths["together"] = together
        paths["together-confirm"] = together.replace("/together?", "/together/confirm?") + "&do=cancel" + marks
    photograph(browser, paths, out)
    # Whoever has signed in is somebody else to the approver's link; and a browser that a sender's link was opened
    # in is the sender's.
    theirs = {
        "approver": second, "approver-release": f"{second}/release", "approver-all": f"{second}/all",
        "login": "/login", "sender": own, "sender-bcc": f"{own}/bcc", "sender-cancel": f"{own}/cancel",
        "sender-all": f"{own}/all",
    }
    other = Browser(browser.site)
    try:
        photograph(other, {name: path for name, path in theirs.items() if name.startswith("approver")}, out)
        photograph(other, {name: path for name, path in theirs.items() if not name.startswith("approver")}, out)
    finally:
        other.close()


def photograph(browser, paths, out):
    """Pages in both languages, light and dark, on two widths."""
    for language in ["ja", "en"]:
        browser.goto(f"/language/{language}?to=/login")
        for dark in [False, True]:
            for width in [360, 1280]:
                browser.look(width, dark)
                for name, path in paths.items():
                    browser.goto(path)
                    browser.shoot(out / f"{name}-{language}-{'dark' if dark else 'light'}-{width}.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "target/debug/sekisho")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="photograph every page into this folder instead")
    arguments = parser.parse_args()
    out = arguments.all or ROOT / "docs/pictures"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        house = House(arguments.program.resolve(), Path(folder))
        try:
            story(house)
            browser = Browser(f"http://127.0.0.1:{house.web}")
            try:
                (everything if arguments.all else pictures)(house, browser, out)
            finally:
                browser.close()
        finally:
            house.close()


if __name__ == "__main__":
    main()
