/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * create-vm with a lab file makes its guests; with --memory and --disk it makes one guest without any.
 */
#include "cmd.h"

static const enum cmd_option guest_options[] = { CMD_MEMORY, CMD_DISK,    CMD_CDROM, CMD_PXE,  CMD_LOCATION,
                                                 CMD_BRIDGE, CMD_NETWORK, CMD_OS,    CMD_VCPUS };

static bool is_lone(const struct cmd_options *options)
{
    for (size_t i = 0; i < sizeof(guest_options) / sizeof(guest_options[0]); i++)
        if (options->values[guest_options[i]])
            return true;
    return false;
}

static int create_lone(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_guest guest = {
        .size = sizeof(guest),
        .memory = options->values[CMD_MEMORY],
        .disk = options->values[CMD_DISK],
        .cdrom = options->values[CMD_CDROM],
        .bridge = options->values[CMD_BRIDGE] ? options->values[CMD_BRIDGE] : "br0",
        .location = options->values[CMD_LOCATION],
        .pxe = options->values[CMD_PXE] != NULL,
        .network = options->values[CMD_NETWORK],
        .os = options->values[CMD_OS],
        .vcpus = cmd_number(options, CMD_VCPUS, 1),
    };
    voiplab_lab *lab;
    int status;

    if (options->operand_count != 1 || !guest.memory || !guest.disk || options->values[CMD_FILE]) {
        cmd_complain("a guest without a lab file needs one name, --memory and --disk, and no --file");
        return VOIPLAB_USAGE;
    }
    guest.name = options->operands[0];
    request.names = NULL;
    request.parameters.guest = &guest;
    lab = cmd_open(options, CMD_LAB_NONE, &status);
    if (!lab)
        return status;
    status = cmd_finish(lab, &request, options);
    voiplab_close(lab);
    return status;
}

int cmd_run_create_vm(const struct cmd_command *command, const struct cmd_options *options)
{
    return is_lone(options) ? create_lone(command, options) : cmd_run_request(command, options);
}
