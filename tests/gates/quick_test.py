#!/usr/bin/python3
"""quick_test.py SECONDS PROGRAM…: the program succeeds, and takes no longer than that.

Time in which it could have run and others did is not counted, and what it waits for is taken to be
as slow as itself, so that a busy machine makes no test slow: a test that sleeps or computes does.
"""
import os
import subprocess
import sys
import time


def main(most_s, command):
    began = time.monotonic()
    process = subprocess.Popen(command)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    took_s = time.monotonic() - began
    with open(f"/proc/{process.pid}/schedstat") as file:
        ran_s, waited_s = (int(ns) / 1e9 for ns in file.read().split()[:2])
    status = process.wait()
    slower = 1 + waited_s / max(ran_s, 0.001)
    would_s = ran_s + (took_s - ran_s - waited_s) / slower
    print(f"it took {took_s:.1f} s, {waited_s:.1f} s of these without a core: "
          f"{would_s:.1f} s on a machine with nothing else to do")
    if status == 0 and would_s > most_s:
        print(f"that is more than {most_s} s: does a test sleep?")
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
