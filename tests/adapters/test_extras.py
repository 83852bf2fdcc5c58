"""What is missing is named, with the command that brings it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("absent", "use", "command"),
    [
        ("gymnax", "cx.adapters.FromGymnax('CartPole-v1')", "pip install 'catallax[adapters]'"),
        ("stable_baselines3", "cx.adapters.train_ppo('CartPole-v1', 10)", "pip install 'catallax[bench]'"),
        ("torch", "cx.adapters.from_torch(None)", "pip install 'catallax[torch]'"),
        ("verifiers", "cx.adapters.verifiers", "pip install 'catallax[verifiers]'"),
        ("gymnasium", "cx.adapters.ToGymnasium", "pip install 'catallax[adapters]'"),
    ],
)
def test_a_missing_extra_is_named(absent, use, command):
    program = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
import catallax as cx
import catallax.adapters
assert not {{"torch", "gymnax", "gymnasium", "trl", "verifiers"}} & sys.modules.keys()
try:
    {use}
except ImportError as error:
    assert {command!r} in str(error) and {absent!r} in str(error), error
else:
    raise AssertionError("nothing was raised")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
