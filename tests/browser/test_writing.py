"""What the editor makes of a text that is pasted into it."""

import pytest
from playwright.sync_api import Page, expect

from newsroom.accounts import roles
from tests import make

PASTE = """
(editor, text) => {
  const carried = new DataTransfer()
  carried.setData("text/html", text)
  editor.dispatchEvent(new ClipboardEvent("paste", {
    bubbles: true, cancelable: true, clipboardData: carried,
  }))
}
"""


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://a.example/?utm_source=x&id=7", "https://a.example/?id=7"),
        ("https://a.example/?FBCLID=x", "https://a.example/"),
        ("https://a.example/?q=utm_source", "https://a.example/?q=utm_source"),
        (
            "https://www.google.com/url?q=https://a.example/%3Fsi%3Dx&sa=D",
            "https://a.example/",
        ),
    ],
)
def test_a_pasted_link_loses_what_tracks_the_reader(page: Page, site, address, kept):
    make.user(roles.EDITORS, username="editor")
    site.sign_in(page, "editor")
    page.goto(f"{site.url}/admin/articles/article/add/")
    editor = page.locator(".ProseMirror[contenteditable]")

    editor.evaluate(PASTE, f"<p><a href='{address}'>The register</a></p>")

    link = editor.locator("a")
    expect(link).to_have_text("The register")
    expect(link).to_have_attribute("href", kept)
