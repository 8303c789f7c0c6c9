import resource

from muster.hub.process.limits import WANTED, raise_open_files


def test_as_many_open_files_as_the_system_allows():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        raise_open_files()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert hard == before[1]
    assert soft == (WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED))


def test_a_higher_limit_is_left_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (WANTED * 2, WANTED * 4))
    monkeypatch.setattr(resource, "setrlimit", lambda *call: asked.append(call))
    raise_open_files()

    assert asked == []
