"""Sends mail of every kind with Python's smtplib, the library behind many mailers, to 127.0.0.1 and the port given.

Ends with an error if the server does not take all of it as it should.
"""

import smtplib
import ssl
import sys
from email.message import EmailMessage

PORT = int(sys.argv[1])
LINK = (
    "https://hs.test/_any/path?token=abcdefGHIJKLmnop0123456789abcdefGHIJKLmnop"
    "&client_secret=monkeys.are_GREAT&sid=0123456789abcdef"
)


def connect(name="peer.test"):
    return smtplib.SMTP("127.0.0.1", PORT, local_hostname=name, timeout=10)


def text(subject="hi", body="hello\n"):
    return f"From: a@peer.test\r\nSubject: {subject}\r\n\r\n{body}"


with connect() as smtp:
    smtp.sendmail("a@peer.test", ["plain@x.test"], text(body=".leading dot\n..two\n.\nend\n"))
    # The same connection again, after a reset.
    smtp.rset()
    smtp.sendmail("", ["null@x.test"], text())
    smtp.sendmail("a@peer.test", ["many@x.test", "many.2@x.test", "many.3@x.test"], text())
    assert smtp.noop()[0] == 250
    assert smtp.verify("anyone@x.test")[0] == 252
    smtp.sendmail(
        "a@peer.test",
        ["8bit@x.test"],
        (text(body="Grüße\r\n").replace("Subject", "Content-Type: text/plain; charset=utf-8\r\nSubject")).encode(),
        mail_options=["BODY=8BITMIME"],
    )
    smtp.sendmail(
        "a@peer.test",
        ["latin1@x.test"],
        b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\n" + "Grüße\r\n".encode("latin-1"),
    )

with connect("old.peer.test") as smtp:
    smtp.helo("old.peer.test")
    smtp.sendmail("a@peer.test", ["helo@x.test", "helo@x.test.second"], text())

with connect() as smtp:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@peer.test", "josé@x.test", "hi"
    message.set_content("hello\n")
    smtp.send_message(message)

    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@peer.test", "multipart@x.test", "Bestätigung – 確認"
    message.set_content(f"Öffne\n\n{LINK}\n", cte="quoted-printable")
    message.add_alternative(f"<p>確認 <a href='{LINK.replace('&', '&amp;')}'>link</a>", subtype="html", cte="base64")
    message.add_attachment(b"https://hs.test/?token=not_a_link_but_an_attachment", maintype="text", subtype="plain")
    smtp.send_message(message)

with connect() as smtp:
    smtp.login("user", "password")
    smtp.sendmail("a@peer.test", ["login@x.test"], text())

with connect() as smtp:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    smtp.starttls(context=context)
    smtp.login("user", "password")
    smtp.sendmail("a@peer.test", ["tls@x.test"], text())
