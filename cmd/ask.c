/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A question to whoever sits at the terminal, whose answer is not shown.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd.h"

enum { INTERRUPT = 3, END = 4 };

/* Keys come one by one, and Ctrl-C is one of them: it must not leave the terminal without an echo. */
static bool read_line(int terminal, char *answer, size_t size)
{
    size_t length = 0;
    char key;

    while (read(terminal, &key, 1) == 1 && key != '\n' && key != '\r') {
        if (key == INTERRUPT || (key == END && !length))
            return false;
        if (key == '\b' || key == 127)
            length -= length > 0;
        else if (length + 1 < size)
            answer[length++] = key;
    }
    answer[length] = '\0';
    return length > 0;
}

bool cmd_ask(void *context, const char *question, char *answer, size_t size)
{
    int terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct termios before, silent;
    bool answered = false;

    (void)context;
    if (terminal < 0)
        return false;
    if (tcgetattr(terminal, &before) == 0) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
        silent.c_cc[VMIN] = 1;
        silent.c_cc[VTIME] = 0;
        (void)fprintf(stderr, "%s: ", question);
        (void)fflush(stderr);
        if (tcsetattr(terminal, TCSAFLUSH, &silent) == 0) {
            answered = read_line(terminal, answer, size);
            (void)tcsetattr(terminal, TCSAFLUSH, &before);
        }
        (void)fputc('\n', stderr);
    }
    (void)close(terminal);
    return answered;
}
