/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/target.h"

#include <stdlib.h>
#include <string.h>

void vl_command_result_free(struct vl_command_result *result)
{
    free(result->output);
    result->output = NULL;
}

void vl_path_facts_free(struct vl_path_facts *facts)
{
    free(facts->link);
    free(facts->real);
    *facts = (struct vl_path_facts){ .kind = VL_PATH_NONE };
}

void vl_target_prefetch(struct vl_target *target, const struct vl_wanted *wanted)
{
    if (target->ops->prefetch)
        target->ops->prefetch(target, wanted);
}

void vl_target_close(struct vl_target *target)
{
    if (target)
        target->ops->close(target);
}
