"""Becomes the parent of every orphan below it (PR_SET_CHILD_SUBREAPER, prctl(2)), so that none can get out of sight.

Orders come as JSON lines on stdin, answers and exits go as JSON lines to stdout. With "tty" a command gets a terminal of
its own as its controlling one, so that a written ^C becomes SIGINT for its foreground group.
"""
import ctypes, fcntl, json, os, select, signal, sys, termios

ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)
terminals = {}
wake_read, wake_write = os.pipe()
os.set_blocking(wake_write, False)
os.set_blocking(wake_read, False)
signal.set_wakeup_fd(wake_write)
signal.signal(signal.SIGCHLD, lambda *_: None)


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def start(order):
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    master = slave = None
    if order.get("tty"):
        master, slave = os.openpty()
    pid = os.fork()
    if pid:
        os.close(log)
        if slave is not None:
            os.close(slave)
            terminals[pid] = (master, os.open(order["log"], os.O_WRONLY | os.O_APPEND))
        say(started=pid)
        return
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        if slave is not None:
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(slave, fd)
        else:
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
        os.closerange(3, 256)
        os.chdir(order["cwd"])
        os.execvpe(order["argv"][0], order["argv"], order["env"])
    except BaseException as error:
        os.write(2, str(error).encode())
        os._exit(127)


def reap():
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        code = os.waitstatus_to_exitcode(status)
        say(exited=pid, code=code if code >= 0 else None, signal=-code if code < 0 else None)


buffer = b""
say(ready=os.getpid())
while True:
    ready, _, _ = select.select([0, wake_read] + [fd for fd, _ in terminals.values()], [], [])
    if wake_read in ready:
        try:
            os.read(wake_read, 4096)
        except BlockingIOError:
            pass
    for pid, (fd, log) in list(terminals.items()):
        if fd in ready:
            try:
                os.write(log, os.read(fd, 65536))
            except OSError:
                os.close(fd)
                os.close(log)
                del terminals[pid]
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            sys.exit(0)
        buffer += data
        *done, buffer = buffer.split(b"\n")
        for line in done:
            order = json.loads(line)
            if "write" in order:
                if order["to"] in terminals:
                    os.write(terminals[order["to"]][0], order["write"].encode())
            else:
                start(order)
    reap()
