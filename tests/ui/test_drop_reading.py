"""What is read from drops and the clipboard: the best of several formats, each thing once."""

import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QColor, QImage

from explorer.ui.widgets.drop_reading import Dropped, describe, is_readable, read_drop

PNG = b"\x89PNG\r\n\x1a\nrest of a file"
JPEG = b"\xff\xd8\xff\xe0rest of a file"
INLINE = "data:image/png;base64,iVBORw0KGgo="


def mime(**formats):
    made = QMimeData()
    for name, content in formats.items():
        made.setData(name.replace("__", "/").replace("_", "-"), content)
    return made


def with_urls(*urls):
    made = QMimeData()
    made.setUrls([QUrl(url) for url in urls])
    return made


def test_several_files_and_folders_with_spaces_and_umlauts():
    made = QMimeData()
    paths = ("/tmp/a b.jpg", "/tmp/Über #1 100%.png", "/tmp/folder")
    made.setUrls([QUrl.fromLocalFile(path) for path in paths])
    assert read_drop(made) == Dropped(paths=paths)


def test_a_file_dropped_twice_is_read_once():
    assert read_drop(with_urls("file:///tmp/a.jpg", "file:///tmp/a.jpg")).paths == ("/tmp/a.jpg",)


def test_raw_bytes_come_through_unchanged():
    assert read_drop(mime(image__jpeg=JPEG)).pictures == (JPEG,)
    assert read_drop(mime(image__jpeg=JPEG, image__png=PNG)).pictures == (PNG,)


def test_an_image_without_bytes_becomes_a_png_of_the_same_pixels(qapp):
    image = QImage(5, 3, QImage.Format.Format_RGB32)
    image.fill(QColor(10, 200, 30))
    made = QMimeData()
    made.setImageData(image)
    (content,) = read_drop(made).pictures
    again = QImage.fromData(content)
    assert (again.width(), again.height()) == (5, 3)
    assert again.pixelColor(4, 2) == QColor(10, 200, 30)


def test_a_browser_offers_data_html_and_address_and_only_the_data_is_taken():
    made = mime(image__png=PNG, text__html=b'<img src="https://a.example/cat.png">')
    made.setUrls([QUrl("https://a.example/cat.png")])
    assert read_drop(made) == Dropped(pictures=(PNG,))


def test_a_browsers_file_content_is_taken_where_it_is_a_picture():
    made = with_urls("https://a.example/cat.jpg")
    made.setData("application/octet-stream", JPEG)
    assert read_drop(made) == Dropped(pictures=(JPEG,))
    made.setData("application/octet-stream", b"<!doctype html>")
    assert read_drop(made) == Dropped(addresses=("https://a.example/cat.jpg",))


def test_local_files_stand_before_the_icon_that_a_file_manager_offers():
    made = with_urls("file:///tmp/a.jpg")
    made.setData("image/png", PNG)
    assert read_drop(made) == Dropped(paths=("/tmp/a.jpg",))


def test_a_picture_that_is_a_link_gives_the_picture_and_not_the_links_target():
    made = with_urls("https://a.example/article")
    made.setHtml(
        '<a href="https://a.example/article"><img alt="x" src="//img.example/p.jpg?a=1&amp;b=2"></a>'
    )
    assert read_drop(made) == Dropped(addresses=("https://img.example/p.jpg?a=1&b=2",))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8"])
def test_html_in_the_encodings_of_browsers(encoding):
    html = f'<meta charset="utf-8"><img src="{INLINE}">'
    assert read_drop(mime(text__html=html.encode(encoding))) == Dropped(data_uris=(INLINE,))


def test_data_addresses_stay_as_written():
    uri = "data:image/svg+xml,%3Csvg%20a=%22%23%22/%3E"
    assert read_drop(mime(text__uri_list=f"# comment\r\n{uri}\r\n".encode())).data_uris == (uri,)
    made = QMimeData()
    made.setText(INLINE)
    assert read_drop(made) == Dropped(data_uris=(INLINE,))


def test_text_counts_where_it_names_something_that_is_there(tmp_path):
    file = tmp_path / "a photo.jpg"
    file.write_bytes(JPEG)
    made = QMimeData()
    made.setText(f'{file}\n"{tmp_path}"\n{tmp_path / "gone.jpg"}\nhello\nhttps://a.example/b.png\n')
    assert read_drop(made) == Dropped(
        paths=(str(file), str(tmp_path)), addresses=("https://a.example/b.png",)
    )


@pytest.mark.parametrize(
    "text", ["", "hello", "ftp://a.example/b.png", "data:text/html,<b>", "~nobody-here/x", "a\0b"]
)
def test_what_names_nothing_is_nothing(text):
    made = QMimeData()
    made.setText(text)
    assert not read_drop(made)
    assert not is_readable(made)


def test_an_empty_promise_is_not_a_picture():
    assert not read_drop(mime(image__png=b""))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (with_urls("file:///tmp/a.jpg"), "a.jpg"),
        (with_urls("file:///tmp/a.jpg", "file:///tmp/b"), "2 files and folders"),
        (mime(image__png=PNG), "a picture"),
        (with_urls("https://a.example/b.png"), "a picture from the web: you are asked before it is fetched"),
    ],
)
def test_a_drag_is_described(made, said):
    assert is_readable(made)
    assert describe(made) == said


def test_files_that_are_promised_but_not_handed_over_yet_look_readable():
    made = QMimeData()
    made.setData("text/uri-list", b"")
    assert is_readable(made)
    assert not read_drop(made)
