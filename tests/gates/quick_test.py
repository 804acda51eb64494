#!/usr/bin/python3
"""quick_test.py SECONDS PROGRAM…: the program succeeds, and takes no longer than that.

Time in which it could have run and others did is not counted, so that a busy machine makes no test
slow: a test that sleeps or computes does.
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
        waited_s = int(file.read().split()[1]) / 1e9
    status = process.wait()
    print(f"it took {took_s:.1f} s, {waited_s:.1f} s of these without a core")
    if status == 0 and took_s - waited_s > most_s:
        print(f"that is more than {most_s} s: does a test sleep?")
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
