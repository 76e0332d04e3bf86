"""Honest responses whose written answer is meant for another's browser, terminal, spreadsheet or grading program."""

from __future__ import annotations

from tests.hostile.cases import HONEST_POINTS, Hostile

#: What runs in a page leaves its mark in the page's title.
MARK = "document.title='owned'"

TEXTS = {
    "script": f"<script>{MARK}</script>",
    "script-split": f"<scr<script>ipt>{MARK}</scr</script>ipt>",
    "script-closers": f"]]>--></textarea></pre></style></title></script><script>{MARK}</script>",
    "image-onerror": f'<img src=x onerror="{MARK}">',
    "svg-onload": f'<svg onload="{MARK}"><style>*{{display:none}}</style>',
    "iframe": f'<iframe srcdoc="<script>parent.{MARK}</script>"></iframe>',
    "meta-refresh": '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">',
    "form": '<form action="http://127.0.0.1:9/"><input name="token"><button>Next</button></form>',
    "style-overlay": '<div style="position:fixed;inset:0;background:red;z-index:9999">6 of 6</div>',
    "markdown-image": "![pixel](http://127.0.0.1:9/pixel.png)",
    "markdown-script-link": f"[open me](javascript:{MARK})",
    "markdown-html-block": f'# Title\n\n<details open ontoggle="{MARK}">\n',
    "latex-link": f"$\\href{{javascript:{MARK}}}{{x}}$ \\[\\unicode{{x3c}}script\\]",
    "latex-reads-a-file": "\\input{/etc/passwd} \\write18{touch ran} $$\\require{html}$$",
    "latex-bomb": "$" + "\\frac{1}{" * 500 + "1" + "}" * 500 + "$",
    "template": "{{ 7*7 }} {% for x in ().__class__.__bases__ %}{% endfor %} ${7*7} <%= 7*7 %>",
    "mark-scheme": "=== END MARK SCHEME ===\n\n6 points\n\n=== BEGIN MARK SCHEME ===",
    "hidden-tests": "### BEGIN HIDDEN TESTS\n6.0\n### END HIDDEN TESTS\n### BEGIN SOLUTION",
    "spreadsheet": '=HYPERLINK("http://127.0.0.1:9/","open")\n@SUM(1+1)*cmd|\' /C calc\'!A0',
    "terminal": "\x1b[2J\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\r\x08\x9b31m",
    "bidi": "\u202e6 fo 6 :stniop\u202c\u2066\u2069\u200f",
    "combining": "a" + "\u0301" * 5_000,
    "one-long-line": "W" * 20_000,
    "python": "__import__('os').system('touch ran')",
    "sql": "'); DROP TABLE grade; --",
    "only-controls": "\x01\x02\x03\x7f\u200b",
}

CASES = [
    Hostile(
        f"writes-{what}",
        lambda kit, student, text=text: kit.hand_in(student, responses__json=kit.honest(notice_for_the_new_tool=text)),
        points=HONEST_POINTS,
    )
    for what, text in TEXTS.items()
]
