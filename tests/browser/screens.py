"""Pictures of the pages for the documentation: `make screens` writes them, and their list, to `docs/screens/`.

    python -m tests.browser.screens

Made from the running demo, at 1280 and 375 px. What differs from run to run (times, codes, secrets, ports) is replaced
before each picture, so that a picture changes only when its page does, and none holds a secret.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import segno
from playwright.sync_api import Browser

from tests.browser import tours
from tests.browser.demo_of_a_run import RunningDemo, free_ports, read
from tests.browser.people import People
from tests.browser.pictures import keep
from tests.browser.visitor import NARROW, WIDE, Visitor, chromium_at
from tests.support.machine import chromium

TARGET = Path(__file__).resolve().parents[2] / "docs" / "screens"
MOST_BYTES = 150_000
FIRST_NUMBER = 10_023_462
READY_WITHIN_SECONDS = 60

#: Every picture, in the order of the walk: the name of a page in `tours`, and what it shows.
PICTURES = {
    "inloggen": "Signing in: relatienummer, gebruikersnaam, wachtwoord",
    "inloggen-voor-applicatie": "Signing in because an application asks for it",
    "inloggen-fout": "Wrong details: one message for every reason",
    "activeren-inloggen": "First set-up at `/2fa`: sign in",
    "activeren-begin": "First set-up: what somebody needs",
    "activatiecode": "First set-up: the activation code",
    "methode-kiezen": "First set-up: the methods, one explanation open",
    "app-instellen": "Setting up the authenticator app",
    "wachtwoord-kiezen": "Replacing a start password",
    "sms-instellen": "Setting up text messages: the number",
    "sms-instellen-code": "Setting up text messages: the code",
    "sms-instellen-vast-nummer": "Setting up text messages: a landline is offered a call",
    "bellen-instellen": "Setting up calls: the number",
    "bellen-instellen-code": "Setting up calls: the code",
    "sleutel-instellen": "Setting up a passkey or security key",
    "instellen-afgerond": "*Instellen afgerond*",
    "inlogmethode-kiezen": "The second step: choose one of one's own methods",
    "inloggen-app": "The second step: a code from the app",
    "inloggen-sms": "The second step: nothing is sent before it is asked for",
    "inloggen-sms-code": "The second step: a code by text message",
    "inloggen-sms-code-fout": "The second step: a wrong code",
    "inloggen-bellen": "The second step: nobody is called before they ask for it",
    "inloggen-bellen-code": "The second step: a code by telephone call",
    "inloggen-sleutel": "The second step: a passkey or security key",
    "portaal": "The portal: *Uw applicaties*",
    "portaal-een-methode": "The portal of somebody with one method",
    "portaal-leeg": "The portal of somebody without applications",
    "beveiliging": "The portal: *Beveiliging*",
    "methode-verwijderen": "*Beveiliging*: removing a method",
    "overal-uitloggen": "*Beveiliging*: signing out on other devices",
    "wachtwoord-wijzigen": "*Beveiliging*: another password",
    "handleidingen": "The portal: *Handleidingen*",
    "uitloggen": "Signing out: the question",
    "uitgelogd": "Signed out",
    "fout-activatiecode-verlopen": "An error page: the activation code has expired",
    "fout-geen-toegang": "An error page: no access to the application",
    "servicedesk": "The Servicedesk's desk: search, and what asks attention today",
    "servicedesk-account": "The desk: an account",
    "servicedesk-startwachtwoord": "The desk: a start password, with why and how the caller was checked",
    "servicedesk-doorgeven": "The desk: what is passed on, shown once",
    "servicedesk-geblokkeerd": "The desk: a blocked account",
    "servicedesk-verzoek": "The desk: what takes two colleagues",
    "servicedesk-applicatie": "The desk: an application, and who may use it",
    "servicedesk-koppeling": "The desk: a client of an application",
    "servicedesk-toegang": "The desk: giving somebody an application",
    "servicedesk-brieven": "The desk: letters for the print house",
    "servicedesk-logboek-van-alles": "The desk: the log, for auditors",
    "servicedesk-wie-had-toegang": "The desk: who had access on a day, for auditors",
    "demo-telefoon": "The demo's telephone",
    "applicatie": "The demo application",
    "applicatie-ingelogd": "The demo application, signed in",
    "applicatie-uitgelogd": "The demo application, signed out everywhere",
}
IN_THE_DARK = ("portaal", "beveiliging")

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ACCOUNT = f"{FIRST_NUMBER}-n.jansen"

#: Everything that a clock or chance put on the page. Takes the replacements that only Python knows.
SETTLE = r"""async (known) => {
    const dutch = document.documentElement.lang === 'nl', clock = dutch ? '10.42' : '10:42';
    const months = 'januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december'
        + '|January|February|March|April|May|June|July|August|September|October|November|December';
    const days = 'maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag'
        + '|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday';
    const rules = [
        ...known.hosts.map(([from, to]) => [new RegExp(from, 'g'), to]),
        [new RegExp(String.raw`\b\d{1,2} (${months}) \d{4}`, 'g'), dutch ? '20 november 2026' : '20 November 2026'],
        [new RegExp(String.raw`\b(${days})\b`, 'g'), dutch ? 'vrijdag' : 'Friday'],
        [/\b\d{2}\.\d{2}\.\d{2}\b/g, '10.42.08'],
        [/(?<=\b(om|wacht tot) )\d{1,2}\.\d{2}(?= uur)/gi, clock],
        [/(?<=\b(at|until) )\d{1,2}:\d{2}/gi, clock],
        [/\b(over|in) \d+ (seconden?|seconds?)\b/g, dutch ? 'over 28 seconden' : 'in 28 seconds'],
    ];
    for (const one of document.querySelectorAll('[data-countdown]')) one.replaceWith(one.cloneNode(true));
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const node = texts.currentNode;
        for (const [from, to] of rules) node.nodeValue = node.nodeValue.replace(from, to);
        if (node.parentElement.matches('time')) node.nodeValue = node.nodeValue.replace(/\b\d{1,2}[.:]\d{2}\b/, clock);
    }
    const put = (selector, text) => document.querySelectorAll(selector).forEach(one => { one.textContent = text });
    put('#kenmerk', 'VBLD-2026');
    put('#doorgeven', 'VBLD-2026-VBLD-2026');
    document.querySelectorAll('#mails li').forEach(one => one.remove());  // everybody's, with codes and links in them
    for (const one of document.querySelectorAll('.mcz-message:has(code)')) {
        const code = one.querySelector('code');
        for (const text of one.querySelectorAll('.mcz-message__text')) {
            text.textContent = text.textContent.replaceAll(code.textContent, '123456')
                .replace(/(?<=: )[a-zé]+(, [a-zé]+){5}/g, 'één, twee, drie, vier, vijf, zes');
        }
        code.textContent = '123456';
    }
    document.querySelectorAll('#totp-geheim span').forEach((one, at) => {
        one.textContent = known.secret.slice(4 * at, 4 * at + 4);
    });
    document.querySelectorAll('svg.mcz-qr').forEach(one => { one.outerHTML = known.qr });
    await document.fonts.ready;
}"""
#: Two frames: by then the page stands as the new width asks.
STAND_STILL = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def main() -> int:
    """Make every picture anew; returns the exit code."""
    TARGET.mkdir(parents=True, exist_ok=True)
    made: set[str] = set()
    with fresh_demo() as demo, chromium_at(chromium()) as browser:
        for number, tour in enumerate(tours.ALL):
            people = People(demo, first_number=FIRST_NUMBER + 9 * number)
            made |= photograph(browser, demo, tour, people)
    if missing := PICTURES.keys() - made:
        raise LookupError(f"no tour came past {', '.join(sorted(missing))}")
    expected = {file.name for file in files()}
    for stale in TARGET.glob("*.png"):
        if stale.name not in expected:
            stale.unlink()
    (TARGET / "README.md").write_text(listing(), encoding="utf-8")
    if heavy := [file.name for file in files() if file.stat().st_size > MOST_BYTES]:
        raise ValueError(f"larger than {MOST_BYTES} bytes: {', '.join(heavy)}")
    return 0


@contextmanager
def fresh_demo() -> Iterator[RunningDemo]:
    """A demo of its own, that nobody has used."""
    port, rp_port = free_ports(2)
    with tempfile.TemporaryDirectory() as folder:
        demo = subprocess.Popen(
            [
                Path(sys.executable).with_name("idp"), "demo", f"--port={port}", f"--rp-port={rp_port}",
                f"--dir={folder}/demo",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + READY_WITHIN_SECONDS
            while not Path(folder, "demo", "demo.json").exists():
                if demo.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the demo did not start; `make demo` says why")
                time.sleep(0.05)
            yield read(Path(folder, "demo"))
        finally:
            demo.terminate()
            demo.wait(timeout=30)


def photograph(browser: Browser, demo: RunningDemo, tour: tours.Tour, people: People) -> set[str]:
    """Take the pictures along one tour; returns the names that it came past."""
    # Trusted types would not let the picture of another QR code in; nothing here is about the policy.
    visitor = Visitor(browser, demo, reduced_motion="reduce", bypass_csp=True)
    passed = set()
    for name in tour(visitor, people):
        passed.add(name)
        if name in PICTURES:
            settle(visitor, PREPARE.get(name))
            take(visitor, name, "light")
        if name in IN_THE_DARK:
            take(visitor, f"{name}-donker", "dark")
    visitor.context.close()
    return passed


def open_one_explanation(visitor: Visitor) -> None:
    """As the manual shows it."""
    visitor.page.locator("details").first.evaluate("one => { one.open = true }")


def leave_one_call_and_one_text(visitor: Visitor) -> None:
    """The two newest of all that arrived for the people of the other pictures; a key was pressed."""
    visitor.page.locator(".mcz-message:nth-child(n+3)").evaluate_all(
        "all => all.forEach(one => one.remove())"
    )
    open_one_explanation(visitor)


PREPARE: dict[str, Callable[[Visitor], None]] = {
    "methode-kiezen": open_one_explanation,
    "demo-telefoon": leave_one_call_and_one_text,
}


def settle(visitor: Visitor, prepare: Callable[[Visitor], None] | None) -> None:
    """Replace what a clock or chance put on the page."""
    if prepare is not None:
        prepare(visitor)
    uri = f"otpauth://totp/Mijn%20CAK%20Zakelijk:{ACCOUNT}?secret={SECRET}&issuer=Mijn%20CAK%20Zakelijk"
    known = {
        "hosts": [
            [visitor.demo.issuer.partition("//")[2], "localhost:8400"],
            [visitor.demo.relying_party.partition("//")[2], "localhost:8401"],
        ],
        "secret": SECRET,
        "qr": segno.make(uri, error="m").svg_inline(
            border=4, omitsize=True, svgclass="mcz-qr", lineclass=None, dark="#000", light="#fff"
        ),
    }
    visitor.page.evaluate(SETTLE, known)


def take(visitor: Visitor, name: str, scheme: Literal["light", "dark"]) -> None:
    """One picture of each width."""
    visitor.page.emulate_media(color_scheme=scheme)
    for size in (NARROW, WIDE):
        visitor.page.set_viewport_size(size)
        visitor.page.evaluate(STAND_STILL)
        picture = visitor.page.screenshot(full_page=True, animations="disabled")
        keep(picture, TARGET / f"{name}-{size['width']}.png")
    visitor.page.emulate_media(color_scheme="light")


def files() -> list[Path]:
    """Every picture that belongs here."""
    names = [*PICTURES, *(f"{name}-donker" for name in IN_THE_DARK)]
    return [TARGET / f"{name}-{size['width']}.png" for name in names for size in (WIDE, NARROW)]


def listing() -> str:
    """The README beside the pictures."""
    rows = [
        *PICTURES.items(),
        *((f"{name}-donker", f"{PICTURES[name]}, dark") for name in IN_THE_DARK),
    ]
    return "\n".join(
        [
            "# The pages",
            "",
            "Made from the running demo by `make screens`; all names, numbers, codes and secrets are made up.",
            "",
            "| page | 1280 px | 375 px |",
            "| --- | --- | --- |",
            *(
                f"| {told} | [{name}]({name}-1280.png) | [{name}]({name}-375.png) |"
                for name, told in rows
            ),
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
