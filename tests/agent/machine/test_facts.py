from muster import __version__
from muster.agent.machine.facts import gather_facts


def put(root, path, text):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_a_name_that_is_given_stands_in_place_of_the_kernels(tmp_path):
    put(tmp_path, "proc/sys/kernel/hostname", "muster-agent-x7k2p\n")

    assert gather_facts(tmp_path, hostname="worker-3").hostname == "worker-3"


def test_facts_are_read_from_the_machine(tmp_path):
    put(tmp_path, "etc/os-release", 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')
    put(tmp_path, "proc/sys/kernel/hostname", "web1\n")
    put(tmp_path, "proc/sys/kernel/osrelease", "6.1.0-13-amd64\n")
    put(tmp_path, "proc/sys/kernel/random/boot_id", "d18d7a18-7f0c-4a72-abeb-f678bfc5d581\n")
    put(tmp_path, "proc/meminfo", "MemTotal: 1000 kB\n")
    put(tmp_path, "proc/stat", "cpu 1\ncpu0 1\ncpu1 1\nintr 5\nbtime 1700000000\n")
    facts = gather_facts(tmp_path)

    assert facts.hostname == "web1"
    assert facts.os == "Debian GNU/Linux 12 (bookworm)"
    assert facts.kernel == "6.1.0-13-amd64"
    assert facts.cores == 2
    assert facts.memory_bytes == 1_024_000
    assert facts.boot_id == "d18d7a18-7f0c-4a72-abeb-f678bfc5d581"
    assert facts.boot_time_ns == 1_700_000_000 * 10**9
    assert facts.agent_version == __version__


def test_the_second_place_of_os_release_is_known(tmp_path):
    put(tmp_path, "usr/lib/os-release", "PRETTY_NAME=Alpine\n")

    assert gather_facts(tmp_path).os == "Alpine"


def test_in_a_container_the_machines_own_system_is_named(tmp_path):
    put(tmp_path, "etc/os-release", "PRETTY_NAME=Image\n")
    put(tmp_path, "host/etc/os-release", "PRETTY_NAME=Machine\n")

    assert gather_facts(tmp_path, machine=tmp_path / "host").os == "Machine"
    assert gather_facts(tmp_path, machine=tmp_path / "none").os == "Image"


def test_what_is_missing_or_broken_stays_empty(tmp_path):
    put(tmp_path, "etc/os-release", 'PRETTY_NAME="half\n')
    put(tmp_path, "proc/meminfo", "MemTotal: much kB\n")
    put(tmp_path, "proc/stat", "nothing\n")
    facts = gather_facts(tmp_path)

    assert (facts.os, facts.memory_bytes, facts.boot_time_ns, facts.cores) == ('"half', 0, 0, 0)
    assert facts.hostname  # the machine's own name


def test_this_machine_has_facts():
    facts = gather_facts()

    assert facts.kernel
    assert facts.cores >= 1
    assert facts.memory_bytes > 0
