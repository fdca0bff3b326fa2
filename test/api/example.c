/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program that uses the library as it is installed: where does a number go, in the dialplan of argv[1]?
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <voiplab.h>

int main(int argc, char **argv)
{
    struct voiplab_dialplan_source source = VOIPLAB_DIALPLAN_SOURCE_INIT;
    struct voiplab_dialplan_query query = VOIPLAB_DIALPLAN_QUERY_INIT;
    voiplab_dialplan *dialplan;
    voiplab_error *error = NULL;
    char *text = NULL;
    int status;

    if (voiplab_worker(argc, argv, &status))
        return status;
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc != 4)
        return VOIPLAB_USAGE;
    source.conf = argv[1];
    query.context = argv[2];
    query.number = argv[3];
    dialplan = voiplab_dialplan_open(NULL, &source, &error);
    status = dialplan ? (int)voiplab_dialplan_show(dialplan, &query, VOIPLAB_DIALPLAN_LINE, &text, &error)
                      : (int)voiplab_error_status(error);
    if (text)
        puts(text);
    if (status)
        (void)fprintf(stderr, "%s\n", voiplab_error_message(error));
    free(text);
    voiplab_error_free(error);
    voiplab_dialplan_close(dialplan);
    return status;
}
