import subprocess
import sys
import threading

import pytest
import torch

from explorer.arch.cost import cost_of
from explorer.arch.presets import preset
from explorer.errors import DeviceError
from explorer.nets import device


def test_the_cpu_is_always_there_and_last():
    infos = device.devices()
    assert infos[-1].name == "cpu"
    assert "thread" in infos[-1].title


def test_auto_chooses_the_first_that_works():
    chosen, info, reason = device.choose()
    assert info.name == device.devices()[0].name
    assert torch.device(info.name) == chosen
    if chosen.type != "cpu":
        assert reason == ""


@pytest.mark.parametrize("wanted", ["cuda:77", "mps:9", "nonsense", "xpu"])
def test_a_device_that_is_not_there_falls_back_to_the_cpu_and_says_why(wanted):
    chosen, info, reason = device.choose(wanted)
    assert (chosen.type, info.name) == ("cpu", "cpu")
    assert wanted in reason


def test_the_cpu_as_wanted_needs_no_reason():
    assert device.choose("cpu")[2] == ""


def test_a_device_that_is_named_but_fails_is_found_out_by_a_real_convolution():
    # A meta tensor has no values to be read: the convolution on it must not count as one.
    assert device._failure("meta")
    assert device._failure("cpu") == ""


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_a_gpu_is_chosen_and_tells_its_memory():
    chosen, info, reason = device.choose()
    assert (chosen.type, reason) == ("cuda", "")
    assert 0 < info.memory_free_bytes <= info.memory_total_bytes
    block = torch.empty(1 << 28, dtype=torch.uint8, device=chosen)
    assert device.memory(chosen).memory_free_bytes <= info.memory_free_bytes - (1 << 27)
    del block
    device.release(chosen)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell their free memory otherwise")
def test_the_free_memory_of_the_cpu_is_measured_now():
    info = device.memory("cpu")
    assert 0 < info.memory_free_bytes <= info.memory_total_bytes


def test_what_does_not_fit_is_refused_with_both_numbers():
    device.check_fits(1000, "cpu")
    with pytest.raises(DeviceError, match=r"about 50000\.0 GB .* GB free"):
        device.check_fits(50 * 10**12, "cpu")


def test_the_estimate_bounds_what_a_network_takes():
    cost = cost_of(preset("resnet50").spec)
    needed = device.estimate_build_bytes(cost)
    assert needed > 2 * 4 * cost.parameters
    assert needed < 2 * 4 * cost.parameters + cost.activation_bytes


def test_real_errors_of_memory_are_known_and_others_are_not():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert device.is_out_of_memory(caught.value)
    assert device.is_out_of_memory(MemoryError())
    assert not device.is_out_of_memory(RuntimeError("shapes do not match"))
    assert not device.is_out_of_memory(ValueError("out of memory"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
@pytest.mark.parametrize("started_at", [0, 8], ids=["as it is", "under nice"])
def test_the_compute_thread_stands_back_and_the_window_does_not(started_at):
    code = """
import os, sys, threading
from explorer.nets import device
seen = {}
def compute():
    seen["threads"] = device.configure_threads(behind_window=True)
    seen["niceness"] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
thread = threading.Thread(target=compute)
thread.start(); thread.join()
assert seen["niceness"] > before or seen["niceness"] == 19, seen
assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
assert seen["threads"] >= 1
assert sys.getswitchinterval() < 0.002
"""
    subprocess.run(["nice", "-n", str(started_at), sys.executable, "-c", code], check=True)


def test_a_thread_without_a_window_keeps_its_priority():
    interval = sys.getswitchinterval()
    seen = []
    thread = threading.Thread(target=lambda: seen.append(device.configure_threads(behind_window=False)))
    thread.start()
    thread.join()
    assert seen[0] >= 1
    assert sys.getswitchinterval() == interval
