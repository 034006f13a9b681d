#!/usr/bin/env python3
"""Writes real files of the kinds that Sekisho reads, as the usual libraries write them, to start fuzzing from.

    python3 -m venv venv && venv/bin/pip install openpyxl xlwt python-docx python-pptx reportlab odfpy py7zr
    venv/bin/python fuzz/seeds.py FOLDER
"""
import io
import sys
import tarfile
import zipfile
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
ROWS = [["会員番号", "氏名", "生年月日", "電話", "住所"]] + [
    [f"{n:05}", f"山田{c}子", f"19{60 + n}/4/{n + 1}", f"03-0000-{n:04}", f"東京都千代田区{n}-1"]
    for n, c in enumerate("花桃桜梅菊藤萩蘭")
]


def xlsx():
    import datetime
    from openpyxl import Workbook
    from openpyxl.comments import Comment
    book = Workbook()
    sheet = book.active
    for row in ROWS:
        sheet.append(row)
    sheet["F1"] = "日付"
    sheet["F2"] = datetime.date(1985, 4, 1)
    sheet["F3"], sheet["F3"].number_format = 42, "00000"
    sheet["G2"] = "=SUM(A1:A3)"
    sheet["A1"].comment = Comment("要配慮", "a")
    sheet["B2"].hyperlink = "https://example.com/form"
    sheet.merge_cells("A12:C13")
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["D"].hidden = True
    hidden = book.create_sheet("控え")
    hidden.sheet_state = "veryHidden"
    hidden.append(["秘", 1, True, 2.5])
    book.save(out / "book.xlsx")


def xls():
    import xlwt
    book = xlwt.Workbook()
    sheet = book.add_sheet("名簿")
    for r, row in enumerate(ROWS):
        for c, value in enumerate(row):
            sheet.write(r, c, value)
    style = xlwt.easyxf(num_format_str="00000")
    sheet.write(0, 6, 42, style)
    sheet.write(1, 6, 31048, xlwt.easyxf(num_format_str="YYYY/MM/DD"))
    sheet.write(2, 6, xlwt.Formula("SUM(A1:A3)"))
    sheet.write_merge(20, 21, 0, 2, "merged")
    sheet.row(3).hidden = True
    hidden = book.add_sheet("控え")
    hidden.visibility = 2
    for r in range(200):
        hidden.write(r, 0, "長い文字列" * 20 + str(r))
        hidden.write(r, 1, r)
    book.save(str(out / "book.xls"))


def docx():
    from docx import Document
    document = Document()
    document.add_heading("人事", 1)
    paragraph = document.add_paragraph("拝啓 山田様 ")
    paragraph.add_run("隠し").font.hidden = True
    table = document.add_table(rows=0, cols=5)
    for row in ROWS:
        for cell, value in zip(table.add_row().cells, row):
            cell.text = value
    document.sections[0].header.paragraphs[0].text = "部外秘"
    document.core_properties.title = "名簿"
    document.save(out / "letter.docx")


def pptx():
    from pptx import Presentation
    from pptx.util import Inches
    show = Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "説明会"
    table = slide.shapes.add_table(len(ROWS), 5, Inches(1), Inches(1), Inches(6), Inches(3)).table
    for r, row in enumerate(ROWS):
        for c, value in enumerate(row):
            table.cell(r, c).text = value
    slide.notes_slide.notes_text_frame.text = "話す人の覚え"
    show.save(out / "show.pptx")


def pdf():
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen import canvas
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    for name, compress, lock in [("plain", 0, None), ("packed", 1, None), ("locked", 1, StandardEncryption("", "owner", canPrint=0))]:
        page = canvas.Canvas(str(out / f"{name}.pdf"), pagesize=A4, pageCompression=compress, encrypt=lock)
        for _ in range(2):
            page.setFont("HeiseiMin-W3", 10)
            for r, row in enumerate(ROWS):
                for c, value in enumerate(row):
                    page.drawString(40 + 100 * c, 780 - 20 * r, value)
            page.setFont("Helvetica", 9)
            page.drawString(40, 100, "Taro Yamada, 03-0000-0000")
            page.linkURL("https://example.com/", (40, 90, 200, 110))
            page.showPage()
        page.save()


def odf():
    from odf import table, text
    from odf.opendocument import OpenDocumentSpreadsheet, OpenDocumentText
    book = OpenDocumentSpreadsheet()
    sheet = table.Table(name="名簿")
    for row in ROWS:
        line = table.TableRow()
        for value in row:
            cell = table.TableCell(valuetype="string")
            cell.addElement(text.P(text=value))
            line.addElement(cell)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    book.save(str(out / "book.ods"))
    letter = OpenDocumentText()
    for row in ROWS:
        letter.text.addElement(text.P(text=" ".join(row)))
    letter.save(str(out / "letter.odt"))


CSV = "\r\n".join(",".join(row) for row in ROWS) + "\r\n"


def texts():
    (out / "list.csv").write_text(CSV, encoding="utf-8")
    (out / "list-sjis.csv").write_bytes(CSV.encode("cp932"))
    (out / "list-utf16.txt").write_bytes(CSV.encode("utf-16"))
    (out / "list-jis.txt").write_bytes(CSV.encode("iso2022_jp"))
    (out / "page.html").write_text(
        "<html><head><meta charset=utf-8><style>.h{display:none}</style></head><body><p class=h>隠し</p><table>"
        + "".join("<tr>" + "".join(f"<td>{v}</td>" for v in row) + "</tr>" for row in ROWS)
        + "</table><a href='https://example.com/'>&#x540d;&amp;</a></body></html>", encoding="utf-8")
    (out / "data.xml").write_text(
        "<?xml version='1.0'?><list>" + "".join(f"<p n='{r[0]}'>{r[1]}</p>" for r in ROWS) + "</list>", encoding="utf-8")
    body = "".join(f"\\u{ord(c)}?" if ord(c) > 127 else c for c in CSV.replace("\r\n", "\\par "))
    (out / "letter.rtf").write_text(
        "{\\rtf1\\ansi\\ansicpg932{\\fonttbl{\\f0\\fcharset128 MS;}}{\\info{\\title a}}\\f0 " + body
        + "\\trowd\\cellx1000\\cellx2000\\intbl a\\cell b\\cell\\row{\\v hidden}{\\header h}}", encoding="ascii")


def archives():
    import py7zr
    with zipfile.ZipFile(out / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ["book.xlsx", "list.csv", "letter.docx"]:
            archive.write(out / name, name)
    with tarfile.open(out / "all.tgz", "w:gz") as archive:
        for name in ["list.csv", "letter.rtf", "page.html"]:
            archive.add(out / name, name)
    filters = {
        "lzma2": [{"id": py7zr.FILTER_LZMA2, "preset": 6}],
        "lzma": [{"id": py7zr.FILTER_LZMA}],
        "bzip2": [{"id": py7zr.FILTER_BZIP2}],
        "deflate": [{"id": py7zr.FILTER_DEFLATE}],
        "copy": [{"id": py7zr.FILTER_COPY}],
        "ppmd": [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 24}],
        "bcj": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
    }
    for name, chain in filters.items():
        with py7zr.SevenZipFile(out / f"{name}.7z", "w", filters=chain) as archive:
            archive.set_encoded_header_mode(False)
            archive.write(out / "list.csv", "名簿.csv")
            archive.write(out / "letter.rtf", "letter.rtf")


def mails():
    for name in ["book.xlsx", "book.xls", "letter.docx", "packed.pdf", "all.zip", "lzma2.7z"]:
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = "s@city.example.jp", "a@example.com, b@example.org", "名簿の件"
        mail["Date"], mail["Message-ID"] = "Sun, 22 Nov 2026 10:00:00 +0900", "<1@city.example.jp>"
        mail.set_content("山田様\n\n> 引用\n名簿です。\n")
        mail.add_alternative("<html><body><p>山田様</p></body></html>", subtype="html")
        mail.add_attachment((out / name).read_bytes(), maintype="application", subtype="octet-stream", filename="名簿" + name)
        (out / f"with-{name}.eml").write_bytes(mail.as_bytes())


for write in [xlsx, xls, docx, pptx, pdf, odf, texts, archives, mails]:
    write()
print(f"{len(list(out.iterdir()))} files in {out}")
