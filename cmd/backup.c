/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * backup and restore: their first operand is the file.
 */
#include <stdlib.h>

#include "cmd.h"

static const char *const *names_behind(const struct cmd_options *options)
{
    return options->operand_count > 1 ? (const char *const *)(void *)(options->operands + 1) : NULL;
}

int cmd_run_backup(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_backup backup = VOIPLAB_BACKUP_INIT;
    char *file = cmd_absolute(options->operands[0]);
    int status;

    backup.file = file;
    backup.replace = options->values[CMD_REPLACE] != NULL;
    backup.no_base = options->values[CMD_NO_BASE] != NULL;
    request.names = names_behind(options);
    request.parameters.backup = &backup;
    status = cmd_carry_out(command, &request, options);
    free(file);
    return status;
}

/* The lab file need not be there: it is in the backup. */
int cmd_run_restore(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_restore restore = VOIPLAB_RESTORE_INIT;
    const char *given = cmd_lab_file(options);
    char *file = cmd_absolute(options->operands[0]), *lab_file = cmd_absolute(given ? given : "voiplab.ini");
    int status;

    restore.file = file;
    restore.lab_file = lab_file;
    restore.replace = options->values[CMD_REPLACE] != NULL;
    request.names = names_behind(options);
    request.parameters.restore = &restore;
    status = cmd_carry_out(command, &request, options);
    free(file);
    free(lab_file);
    return status;
}
