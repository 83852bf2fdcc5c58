"""The live page of a folder, by its addresses: progress, points and pictures of sweeps and runs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catallax import lab, view
from catallax.cli import main


def score(rent: float, kind: str, seed: int) -> dict[str, float]:
    if rent == 0.2 and kind == "b":
        raise ValueError("<b>no such rent</b>")
    return {"steady": 1.0, "score": rent + seed, "odd": float("nan") if seed else float("inf")}


@pytest.fixture
def folder(tmp_path: Path) -> lab.SweepFolder:
    """Two rents of two kinds, two seeds each; the last setting fails."""
    lab.sweep(lab.FunctionTask(score), lab.grid(rent=[0.1, 0.2], kind=["a", "b"]), seeds=2, folder=tmp_path / "mine")
    return lab.SweepFolder.open(tmp_path / "mine")


def client(path: Path) -> Any:
    testing = pytest.importorskip("starlette.testclient")
    return testing.TestClient(view.watch_app(path))


def test_it_tells_what_was_measured_and_what_failed(folder: lab.SweepFolder) -> None:
    told = client(folder.path).get("/state").json()
    counts = {name: told[name] for name in ("state", "total", "done", "failed", "running", "left")}
    assert counts == {"state": "finished", "total": 8, "done": 6, "failed": 2, "running": 0, "left": None}
    assert told["fields"] == ["rent", "kind", "seed"] and told["measures"] == ["score", "odd", "steady", "seconds"]
    assert told["rows"][1]["cells"][:6] == [0.1, "a", 1, 1.1, None, 1.0]
    assert told["rows"][7]["error"] == "ValueError: <b>no such rent</b>"


def test_it_stays_right_when_the_sweep_is_killed_and_resumed(folder: lab.SweepFolder) -> None:
    page = client(folder.path)
    for index in (2, 3):
        (folder.path / "points" / f"{index:08d}.json").unlink()
    with folder.held() as beat:
        beat.started(tuple(folder.points()[2:3]))
        beat.write()
        told = page.get("/state").json()
        assert [told[name] for name in ("state", "done", "failed", "running")] == ["running", 4, 2, 1]
        assert [row["state"] for row in told["rows"][1:4]] == ["done", "running", "waiting"]
        alive = (folder.path / "alive.json").read_bytes()
    # killed: the last sign of life is an old one
    (folder.path / "alive.json").write_bytes(alive)
    os.utime(folder.path / "alive.json", (time.time() - 60,) * 2)
    told = page.get("/state").json()
    assert [told["state"], told["running"], told["rows"][2]["state"]] == ["stopped", 0, "waiting"]
    lab.sweep(
        lab.FunctionTask(score), lab.grid(rent=[0.1, 0.2], kind=["a", "b"]), seeds=2, folder=folder.path, resume=True
    )
    told = page.get("/state").json()
    assert [told["state"], told["done"], told["failed"]] == ["finished", 6, 2]


def test_of_points_that_were_measured_twice_the_last_file_tells(folder: lab.SweepFolder) -> None:
    points, page = tuple(folder.points()[4:]), client(folder.path)
    for file in (folder.path / "points").iterdir():
        os.utime(file, (time.time() - 60,) * 2)
    with folder.held():
        folder.write(points, [lab.Outcome({"score": 1.0}, seconds=1.0)] * 4)
        told = page.get("/state").json()
        assert [told["done"], told["failed"], told["left"]] == [8, 0, 0.0]
    os.utime(next((folder.path / "points").glob("00000004-*")), (time.time() - 99,) * 2)
    assert page.get("/state").json()["failed"] == 2


def test_pictures_are_drawn_and_what_is_not_there_is_told(folder: lab.SweepFolder) -> None:
    page = client(folder.path)
    for asked in ("along=rent&by=kind&dark=1", "along=kind&by=rent&kind=map&width=3.5"):
        answer = page.get(f"/picture?measure=score&{asked}")
        assert answer.status_code == 200 and answer.content.startswith(b"\x89PNG"), asked
    for asked in (
        "measure=none&along=rent",
        "measure=kind&along=rent",
        "measure=score&along=x",
        "measure=score&along=rent&width=a",
    ):
        assert page.get(f"/picture?{asked}").status_code == 404
    assert page.get("/picture?measure=odd&along=rent").status_code == 200  # nothing finite: a notice
    next((folder.path / "points").iterdir()).write_text("[{")
    answer = page.get("/picture?measure=score&along=rent")
    assert answer.status_code == 503 and "cannot be read" in answer.text


def test_the_page_is_for_this_machine_and_asks_nobody_else(folder: lab.SweepFolder) -> None:
    page = client(folder.path)
    for name in ("", "watch.js", "watch.css"):
        answer = page.get(f"/{name}")
        assert answer.status_code == 200 and "default-src 'none'" in answer.headers["content-security-policy"]
        assert "http" not in answer.text.replace("http-equiv", "")
    assert page.get("/state", headers={"host": "elsewhere.example"}).status_code == 400
    assert page.get("/../_watch.py").status_code == page.get("/_watch.py").status_code == 404


def test_curves_show_the_mean_of_each_setting(folder: lab.SweepFolder) -> None:
    figure = view.sweep_curves(folder.read(), "score", "rent", "kind")
    lines = {line.get_label(): line.get_xydata() for line in figure.axes[0].lines}
    np.testing.assert_allclose(lines["kind a"], [(0.1, 0.6), (0.2, 0.7)])
    np.testing.assert_allclose(lines["kind b"], [(0.1, 0.6)])
    cells = view.sweep_map(folder.read(), "score", "rent", "kind").axes[0].images[0].get_array()
    np.testing.assert_allclose(np.ma.filled(cells, np.nan), [[0.6, 0.7], [0.6, np.nan]])


def test_a_training_run_is_shown_too(tmp_path: Path) -> None:
    run = lab.RunFolder.create(tmp_path / "run", {"name": "mine", "ticks": 128, "env": "Chain(…)"})
    page = client(run.path)
    assert page.get("/state").json()["done"] == 0
    run.append_trace({"tick": 64, "price_mean": 0.5, "seconds": 2.0})
    told = page.get("/state").json()
    assert [told[name] for name in ("kind", "state", "done", "total", "left")] == ["run", "running", 64, 128, 2.0]
    (run.path / "gone").symlink_to(run.path / "nowhere")  # as a file that is taken away while we look
    run.append_trace({"tick": 96, "price_mean": 0.5, "seconds": float("nan")})
    told = page.get("/state").json()
    assert [told[name] for name in ("state", "done", "spent", "left")] == ["running", 96, None, None]
    assert page.get("/picture?measure=price_mean").status_code == 200
    assert page.get("/picture?measure=no").status_code == 404


def test_a_folder_of_neither_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("uvicorn")
    assert main(["watch", str(tmp_path)]) == main(["watch", str(tmp_path / "none")]) == 2
    said = capsys.readouterr().err
    assert "holds neither a sweep" in said and "does not exist" in said


@pytest.fixture(params=[(1200, 900, "light"), (390, 844, "dark")], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, folder: lab.SweepFolder) -> Iterator[Any]:
    """The page in Chromium, where nothing may go wrong, stick out or ask another machine."""
    import shutil
    import threading

    uvicorn = pytest.importorskip("uvicorn")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra `browser`")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium; apt-get install chromium")
    server = uvicorn.Server(uvicorn.Config(view.watch_app(folder.path), port=0, log_level="warning"))
    running = threading.Thread(target=server.run)
    running.start()
    while not server.started:
        assert running.is_alive()
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    width, height, scheme = request.param
    try:
        with playwright.sync_playwright() as started:
            browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page, wrong = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme), []
            page.set_default_timeout(20_000)
            page.on("console", lambda said: wrong.append(said.text))
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("request", lambda sent: None if sent.url.startswith(address) else wrong.append(sent.url))
            page.goto(address)
            yield page
            assert wrong == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            browser.close()
    finally:
        server.should_exit = True
        running.join(20.0)


@pytest.mark.long
def test_in_a_browser_it_follows_the_sweep(page: Any, folder: lab.SweepFolder) -> None:
    page.locator("#picture[width]").wait_for()
    assert page.locator("#state").inner_text() == "finished"
    assert page.locator("tbody tr").count() == 8
    assert "<b>no such rent</b>" in page.locator("td.error").first.inner_text()
    before = page.locator("#picture").get_attribute("src")
    page.locator("select[name=kind]").select_option("map")
    page.locator(f'#picture:not([src="{before}"])').wait_for()
    page.locator("#filter").select_option("failed")
    assert page.locator("tbody tr").count() == 2
    with folder.held() as beat:
        (folder.path / "points" / "00000000.json").unlink()
        beat.started(tuple(folder.points()[:1]))
        beat.write()
        page.locator("#state.running").wait_for()
        page.locator("#filter").select_option("running")
        page.locator("tbody tr .chip.running").wait_for()
        assert page.locator("tbody tr").count() == 1
    page.locator("#state.stopped, #state.finished").wait_for()
