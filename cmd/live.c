/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The picture is written over the one before, without taking the whole screen. Keys come one by one and unseen for as
 * long as it stands: whatever ends that, also a signal, gives the terminal the mode that it had. Who is stopped by
 * Ctrl-Z does so as well, and takes the keys again once it is in front. (Against SIGKILL nobody can do anything:
 * reset(1) helps.) Ctrl-C stays what it is.
 */
#include "live.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "live_frame.h"
#include "screen.h"

enum { USUAL_ROWS = 24 };
static const double MOST_RATE = 10000, LEAST_RATE = 0.1;

static struct {
    bool steered, begun, paused;
    size_t lines, columns; /* of the picture that stands there */
    struct cmd_live_past past;
    struct termios before;
    volatile sig_atomic_t taken, left; /* the mode is ours; it is given back for good */
} view;

void cmd_live_setup(bool steered)
{
    view.steered = steered;
}

static bool is_in_front(void)
{
    return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static void give_back(void)
{
    if (view.taken)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &view.before);
    view.taken = false;
}

void cmd_live_leave(void)
{
    view.left = true;
    give_back();
}

/* What was set before us comes after us: the signal is sent again, and does what it does. */
static void end_by(int number)
{
    cmd_live_leave();
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void stop_by(int number)
{
    struct sigaction usual = { .sa_handler = SIG_DFL }, ours;
    sigset_t set;

    give_back();
    (void)sigaction(number, &usual, &ours);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, number);
    (void)raise(number);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* here it stops, and goes on */
    (void)sigaction(number, &ours, NULL);
}

static void catch (int number, void (*handler)(int))
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART }, before;

    if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
        (void)sigaction(number, &action, NULL);
}

static void begin(void)
{
    static const int ends[] = { SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };

    view.begun = true;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        catch (ends[i], end_by);
    catch (SIGTSTP, stop_by);
    (void)atexit(cmd_live_leave);
}

static void take_keys(void)
{
    struct termios mode;

    if (view.taken || view.left || !is_in_front() || tcgetattr(STDIN_FILENO, &view.before) < 0)
        return;
    mode = view.before;
    mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    mode.c_cc[VMIN] = 0;
    mode.c_cc[VTIME] = 0;
    view.taken = true;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &mode);
    if (view.left) /* a signal came in between */
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &view.before);
}

void cmd_live_erase(void)
{
    if (!view.lines)
        return;
    (void)printf("\033[%zuA\r\033[J", view.lines);
    view.lines = 0;
    (void)fflush(stdout);
}

static struct cmd_live_screen screen_of(void)
{
    struct winsize size = { .ws_row = 0 };
    size_t rows = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row : USUAL_ROWS;

    return (
        struct cmd_live_screen){ .columns = cmd_columns(STDOUT_FILENO) - 1, .rows = rows - 1, .utf8 = cmd_is_utf8() };
}

static enum cmd_live_keys keys_of(void)
{
    if (view.left)
        return CMD_LIVE_STOPPED;
    if (!view.taken)
        return CMD_LIVE_UNHEARD;
    return !view.steered ? CMD_LIVE_WATCHED : view.paused ? CMD_LIVE_PAUSED : CMD_LIVE_STEERED;
}

/* On a screen that became narrower the lines of the picture are broken, and nobody knows how many they are. */
static void clear_for(const struct cmd_live_screen *screen)
{
    if (screen->columns < view.columns) {
        (void)fputs("\033[H\033[2J", stdout);
        view.lines = 0;
    }
    view.columns = screen->columns;
}

void cmd_live_figures(void *context, const struct voiplab_load_figures *figures)
{
    const struct cmd_live_screen screen = screen_of();
    size_t lines;
    char *text;

    (void)context;
    if (!view.begun)
        begin();
    take_keys();
    cmd_live_take(&view.past, figures);
    if (isatty(STDIN_FILENO) && !is_in_front())
        return; /* the terminal is somebody else's now */
    text = cmd_live_draw(&view.past, figures, &screen, keys_of(), &lines);
    if (!text)
        return;
    clear_for(&screen);
    cmd_live_erase();
    (void)fputs(text, stdout);
    (void)fflush(stdout);
    view.lines = lines;
    free(text);
}

static double within(double rate)
{
    return rate < LEAST_RATE ? LEAST_RATE : rate > MOST_RATE ? MOST_RATE : rate;
}

static void obey(char key, struct voiplab_load_steering *steering)
{
    if (key == 'q')
        (void)raise(SIGINT); /* a clean end has one way */
    if (!view.steered)
        return;
    if (key == '+')
        steering->rate = within(steering->rate * 1.1);
    else if (key == '-')
        steering->rate = within(steering->rate * 0.9);
    else if (key == 'p')
        steering->paused = !steering->paused;
}

void cmd_live_steer(void *context, struct voiplab_load_steering *steering)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    char keys[16];
    ssize_t length = 0;

    (void)context;
    if (view.taken && is_in_front() && poll(&input, 1, 0) == 1 && (input.revents & POLLIN))
        length = read(STDIN_FILENO, keys, sizeof(keys));
    for (ssize_t i = 0; i < length && !view.left; i++)
        obey(keys[i], steering);
    view.paused = steering->paused;
}
