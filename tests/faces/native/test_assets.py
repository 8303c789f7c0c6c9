import gzip

import pytest

from muster.errors import NotFound, Unavailable
from muster.faces.native.assets import Assets
from muster.net.http import Public, Request

PAGE = b"<!doctype html><title>Muster</title>"


@pytest.fixture
def assets(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(PAGE)
    (tmp_path / "assets" / "index-a1B2c3D4.js").write_bytes(b"let a")
    (tmp_path / "assets" / "index-a1B2c3D4.js.br").write_bytes(b"brotli")
    (tmp_path / "assets" / "index-a1B2c3D4.js.gz").write_bytes(b"gzip")
    assets = Assets(tmp_path)
    assets.load()
    return assets


async def get(assets, path, **headers):
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return await assets.serve(
        Request(method="GET", path="/" + path, match={"path": path}, headers=named)
    )


def test_files_are_public(assets):
    assert [route.allow for route in assets.routes()] == [Public.ASSET]


@pytest.mark.parametrize("path", ["", "nodes", "s/harbour-lab/nodes", "index.html"])
async def test_every_view_is_the_page(assets, path):
    answer = await get(assets, path)

    assert (answer.status, answer.body) == (200, PAGE)
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_a_name_with_a_hash_is_kept_for_a_year(assets):
    answer = await get(assets, "assets/index-a1B2c3D4.js")

    assert answer.body == b"let a"
    assert answer.content_type == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br", "br", b"brotli"),
        ("gzip;q=0.5, br;q=0", "gzip", b"gzip"),
        ("identity", None, b"let a"),
    ],
)
async def test_the_best_common_encoding_is_sent(assets, accepted, encoding, body):
    answer = await get(assets, "assets/index-a1B2c3D4.js", accept_encoding=accepted)

    assert (answer.headers.get("Content-Encoding"), answer.body) == (encoding, body)


async def test_a_page_that_has_not_changed_is_not_sent_again(assets):
    etag = (await get(assets, "")).headers["ETag"]
    answer = await get(assets, "", if_none_match=etag)

    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "api/v1/nope",
        "v1/link",
        "assets/gone-a1B2c3D4.js",
        "../../etc/passwd.txt",
        "/etc/host.conf",
        "assets/index-a1B2c3D4.js.br",
    ],
)
async def test_what_is_no_file_and_no_view_is_not_found(assets, path):
    with pytest.raises(NotFound):
        await get(assets, path)


async def test_a_path_out_of_the_folder_is_only_ever_a_view(assets):
    assert (await get(assets, "../../../etc/passwd")).body == PAGE


async def test_without_built_pages_it_says_how_to_build_them(tmp_path):
    assets = Assets(tmp_path / "none")
    assets.load()

    with pytest.raises(Unavailable, match=r"\./run"):
        await get(assets, "nodes")


async def test_behind_a_proxy_the_page_names_everything_under_the_prefix(tmp_path):
    page = (
        '<meta name="muster-base" content="/" /><script src="/assets/a.js"></script><a href="#x">'
    )
    (tmp_path / "index.html").write_text(page)
    (tmp_path / "index.html.br").write_bytes(b"of the page as it was built")
    assets = Assets(tmp_path, prefix="/muster")
    assets.load()
    answer = await get(assets, "nodes", accept_encoding="br, gzip")

    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.body).decode() == (
        '<meta name="muster-base" content="/muster/" /><script src="/muster/assets/a.js"></script>'
        '<a href="#x">'
    )
