/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/origin.h"

#include <string.h>

#include "base/cleanup.h"
#include "dialplan/application.h"

/* `*` at the end stands for any number of digits. */
static const struct {
    const char *name;
    enum vl_origin origin;
} origins[] = {
    { "ANI2", VL_ORIGIN_CALL },
    { "ARG*", VL_ORIGIN_STEPS },
    { "ARGC", VL_ORIGIN_STEPS },
    { "ASTCACHEDIR", VL_ORIGIN_CALL },
    { "ASTCONFIGDIR", VL_ORIGIN_CALL },
    { "ASTCONFIGFILE", VL_ORIGIN_CALL },
    { "ASTDATADIR", VL_ORIGIN_CALL },
    { "ASTDBDIR", VL_ORIGIN_CALL },
    { "ASTETCDIR", VL_ORIGIN_CALL },
    { "ASTKEYDIR", VL_ORIGIN_CALL },
    { "ASTLOGDIR", VL_ORIGIN_CALL },
    { "ASTMODDIR", VL_ORIGIN_CALL },
    { "ASTRUNDIR", VL_ORIGIN_CALL },
    { "ASTSPOOLDIR", VL_ORIGIN_CALL },
    { "ASTVARLIBDIR", VL_ORIGIN_CALL },
    { "CALLEDTON", VL_ORIGIN_CALL },
    { "CALLINGANI2", VL_ORIGIN_CALL },
    { "CALLINGPRES", VL_ORIGIN_CALL },
    { "CALLINGSUBADDR", VL_ORIGIN_CALL },
    { "CALLINGTNS", VL_ORIGIN_CALL },
    { "CALLINGTON", VL_ORIGIN_CALL },
    { "CALLTYPE", VL_ORIGIN_CALL },
    { "CHANNEL", VL_ORIGIN_CALL },
    { "DB_RESULT", VL_ORIGIN_STEPS },
    { "ENTITYID", VL_ORIGIN_CALL },
    { "EPOCH", VL_ORIGIN_CALL },
    { "GOSUB_RETVAL", VL_ORIGIN_STEPS },
    { "HINT", VL_ORIGIN_CALL },
    { "HINTNAME", VL_ORIGIN_CALL },
    { "INVALID_EXTEN", VL_ORIGIN_STEPS },
    { "MACRO_CONTEXT", VL_ORIGIN_STEPS },
    { "MACRO_DEPTH", VL_ORIGIN_STEPS },
    { "MACRO_EXTEN", VL_ORIGIN_STEPS },
    { "MACRO_OFFSET", VL_ORIGIN_STEPS },
    { "MACRO_PRIORITY", VL_ORIGIN_STEPS },
    { "PRIREDIRECTREASON", VL_ORIGIN_CALL },
    { "SIPCALLID", VL_ORIGIN_CALL },
    { "SIPDOMAIN", VL_ORIGIN_CALL },
    { "SIPURI", VL_ORIGIN_CALL },
    { "SIPUSERAGENT", VL_ORIGIN_CALL },
    { "SYSTEMNAME", VL_ORIGIN_CALL },
    { "TRYSTATUS", VL_ORIGIN_STEPS },
    { "UNIQUEID", VL_ORIGIN_CALL },
};

static bool is_named(const char *pattern, const char *name)
{
    size_t length = strlen(pattern) - 1;

    if (pattern[length] != '*')
        return !strcmp(pattern, name);
    return !strncmp(pattern, name, length) && name[length] && !name[length + strspn(name + length, "0123456789")];
}

enum vl_origin vl_variable_origin(const char *name)
{
    for (size_t i = 0; i < VL_COUNT(origins); i++)
        if (is_named(origins[i].name, name))
            return origins[i].origin;
    for (size_t i = 0; i < vl_application_count; i++)
        if (vl_application_reports(&vl_applications[i], name))
            return VL_ORIGIN_STEPS;
    return VL_ORIGIN_ANYBODY;
}
