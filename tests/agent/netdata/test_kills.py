"""A claim that is killed at any moment: the whole one of before, or the whole one of after."""

import json
import subprocess
import sys

KILLS = 200
# One process without threads forks those that are killed: each writes claims until it dies.
PROGRAM = """
import json, os, random, signal, sys, time
from pathlib import Path
from muster.agent.netdata.cloudfolder import CloudFolder

cloud, chance, found = CloudFolder(Path(sys.argv[1])), random.Random(7), []
ids = [f"0f6e1c52-9b1d-4f35-a7a3-{number:012d}" for number in range(4)]
cloud.make()
cloud.put_in_force(ids[0], {"url": ids[0]})
for kill in range(int(sys.argv[2])):
    written, begun = os.pipe()
    child = os.fork()
    if not child:
        while True:
            for id in ids[1:] + ids[:1]:
                cloud.put_in_force(id, {"url": id})
                os.write(begun, b".") if kill % 2 and id == ids[1] else None
    if kill % 2:  # every other one is let write once, however busy the machine is
        os.read(written, 1)
    os.close(written), os.close(begun)
    time.sleep(chance.random() * 0.004)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    found.append((cloud.read_claim_id(), cloud.read_conf().get("url", "")))
print(json.dumps(found))
"""


def test_two_hundred_kills_each_leave_a_whole_claim(tmp_path):
    words = [sys.executable, "-c", PROGRAM, str(tmp_path), str(KILLS)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    found = json.loads(done.stdout)

    assert len(found) == KILLS
    assert [each for each in found if not each[0] or each[0] != each[1]] == []
    assert len({id for id, _ in found}) > 1
