"""Starts commands for `measure.py`, one at a time, and answers what each cost: `python -I -S bench/launch.py`.

What a process holds when it starts another counts as that one's peak of memory until it has begun, so this one is as
bare as it can be. Orders and answers are marshalled values on standard input and output.
"""

import marshal
import os
import signal
import sys
import time


def run(
    argv: list[str], folder: str, environment: dict[str, str], output: str, limit: float
) -> tuple[int, float, float, int, bool]:
    """Run a command, with what it prints in two files; return exit code, seconds, CPU, peak, if killed."""
    os.chdir(folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output + ".out", flags, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, output + ".err", flags, 0o600),
    ]
    late: list[int] = []
    start = time.perf_counter()
    child = os.posix_spawn(argv[0], argv, environment, file_actions=files, setpgroup=0)

    def stop(number: int, _frame: object) -> None:
        late.append(number)
        os.killpg(child, signal.SIGKILL)

    for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    signal.setitimer(signal.ITIMER_REAL, limit)
    _, status, used = os.wait4(child, 0)
    taken = time.perf_counter() - start
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    if late and late[0] != signal.SIGALRM:
        sys.exit(130)
    return os.waitstatus_to_exitcode(status), taken, used.ru_utime + used.ru_stime, used.ru_maxrss, bool(late)


def main() -> None:
    """Carry out orders until there are none."""
    while True:
        try:
            order = marshal.load(sys.stdin.buffer)
        except EOFError:
            return
        marshal.dump(run(*order), sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
