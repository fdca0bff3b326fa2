/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Backups by hand: how somebody without voiplab gets at what is in one, or makes what is enough to be one's own.
 */
#include "base/buf.h"
#include "plan/backup.h"
#include "plan/sites.h"
#include "plan/typed.h"

/* The volumes while their guests stand still, and the files. Its list with the checksums is voiplab's. */
void vl_type_backup(struct vl_typing *typing)
{
    const struct vl_backup *backup = typing->step->backup;

    for (size_t i = 0; i < backup->count; i++) {
        const struct vl_backup_item *item = &backup->items[i];
        const char *uri = vl_typed_word(typing->arena, vl_site_uri(typing->session, item->site));

        if (item->file)
            continue;
        if (item->pbx)
            vl_buf_printf(&typing->type, "virsh -q -c %s suspend %s\n", uri, item->domain);
        vl_buf_printf(&typing->type, "virsh -q -c %s vol-download %s %s.copy --pool %s\n", uri, item->entry.name,
                      item->entry.name, item->pool);
        if (item->pbx)
            vl_buf_printf(&typing->type, "virsh -q -c %s resume %s\n", uri, item->domain);
    }
    vl_buf_printf(&typing->see, "tar --zstd -tf %s", vl_typed_word(typing->arena, typing->step->object));
    vl_buf_puts(&typing->seen, "…\n");
}

void vl_type_unpack(struct vl_typing *typing)
{
    const char *file = vl_typed_word(typing->arena, typing->step->object);

    vl_buf_printf(&typing->type, "tar --zstd -xf %s --one-top-level=backup\n", file);
    vl_buf_printf(&typing->see, "tar --zstd -tf %s", file);
    vl_buf_puts(&typing->seen, "…\n");
}
