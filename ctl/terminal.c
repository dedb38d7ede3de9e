#include "ctl/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* ECMA-48 with DEC's private modes: another page, and the cursor. */
#define ENTER_PAGE "\033[?1049h\033[?25l"
#define LEAVE_PAGE "\033[0m\033[?25h\033[?1049l"

/* Signals that end the program unless they are ignored. */
static const int deadly[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,  SIGPIPE, SIGALRM,
                             SIGUSR1, SIGUSR2, SIGABRT, SIGBUS,   SIGFPE,  SIGILL,
                             SIGSEGV, SIGXCPU, SIGXFSZ, SIGVTALRM};

#define DEADLY (sizeof(deadly) / sizeof(deadly[0]))

static struct {
    volatile sig_atomic_t taken;
    volatile sig_atomic_t changed;
    int file;
    enum terminal_mode mode;
    struct termios before;
    struct termios during;
    struct sigaction deaths[DEADLY];
    struct sigaction stop;
    struct sigaction window;
} terminal;

/* Functions that a signal may run: only what is safe there (signal-safety(7)). */

static void write_codes(const char *codes)
{
    const char *at = codes;
    ssize_t written;

    if (terminal.mode != TERMINAL_PAGE)
        return;
    while (*at && (written = write(terminal.file, at, strlen(at))) > 0)
        at += written;
}

static void enter_mode(void)
{
    tcsetattr(terminal.file, TCSADRAIN, &terminal.during);
    write_codes(ENTER_PAGE);
}

static void leave_mode(void)
{
    write_codes(LEAVE_PAGE);
    tcsetattr(terminal.file, TCSADRAIN, &terminal.before);
}

static void die(int number)
{
    int error = errno;

    if (terminal.taken) {
        terminal.taken = 0;
        leave_mode();
    }
    /* SA_RESETHAND: now it does what it does to others. */
    kill(getpid(), number);
    errno = error;
}

static void pause_until_continued(int number)
{
    int error = errno;

    leave_mode();
    kill(getpid(), SIGSTOP);
    enter_mode();
    terminal.changed = 1;
    (void)number;
    errno = error;
}

static void note_window(int number)
{
    (void)number;
    terminal.changed = 1;
}

/* An ignored signal stays so, as under nohup. */
static void catch_signal(int number, void (*handler)(int), int flags, struct sigaction *before)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    sigfillset(&action.sa_mask);
    sigaction(number, NULL, before);
    if (before->sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

bool terminal_take(int file, enum terminal_mode mode)
{
    if (terminal.taken || tcgetattr(file, &terminal.before) != 0)
        return false;
    terminal.file = file;
    terminal.mode = mode;
    terminal.during = terminal.before;
    if (mode == TERMINAL_SILENT) {
        terminal.during.c_lflag &= ~(tcflag_t)ECHO;
        terminal.during.c_lflag |= ECHONL;
    } else {
        terminal.during.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        terminal.during.c_cc[VMIN] = 1;
        terminal.during.c_cc[VTIME] = 0;
    }
    terminal.taken = 1;
    for (size_t i = 0; i < DEADLY; i++)
        catch_signal(deadly[i], die, (int)SA_RESETHAND, &terminal.deaths[i]);
    catch_signal(SIGTSTP, pause_until_continued, SA_RESTART, &terminal.stop);
    catch_signal(SIGWINCH, note_window, 0, &terminal.window);
    enter_mode();
    return true;
}

void terminal_give_back(void)
{
    if (!terminal.taken)
        return;
    leave_mode();
    terminal.taken = 0;
    for (size_t i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &terminal.deaths[i], NULL);
    sigaction(SIGTSTP, &terminal.stop, NULL);
    sigaction(SIGWINCH, &terminal.window, NULL);
}

bool terminal_changed(void)
{
    bool changed = terminal.changed;

    terminal.changed = 0;
    return changed;
}
