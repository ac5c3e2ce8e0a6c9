/** Python that runs a program in a terminal of 80 columns: what is typed comes in, what is shown goes out. */
export const relay = `
import fcntl, os, pty, select, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
typing = [0]
while True:
    ready, _, _ = select.select([terminal] + typing, [], [])
    if terminal in ready:
        try:
            shown = os.read(terminal, 65536)
        except OSError:
            break
        if not shown:
            break
        os.write(1, shown)
    elif ready:
        typed = os.read(0, 65536)
        if typed:
            os.write(terminal, typed)
        else:
            typing = []
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`
