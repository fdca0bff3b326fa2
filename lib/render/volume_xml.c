/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/volume_xml.h"

#include <string.h>

#include "base/xml.h"

static void add_permissions(struct vl_xml *xml, unsigned mode)
{
    vl_xml_open(xml, "permissions");
    vl_xml_open(xml, "mode");
    vl_xml_format(xml, NULL, "%04o", mode);
    vl_xml_close(xml);
    vl_xml_close(xml);
}

static void add_capacity(struct vl_xml *xml, uint64_t bytes)
{
    vl_xml_open(xml, "capacity");
    vl_xml_attribute(xml, "unit", "bytes");
    vl_xml_format(xml, NULL, "%llu", (unsigned long long)bytes);
    vl_xml_close(xml);
}

/* The format of the backing image is always stated: QEMU and libvirt refuse to guess it, since a guest that writes a
 * qcow2 header into a raw disk could make them open any file of the host. */
static void add_backing(struct vl_xml *xml, const char *path)
{
    vl_xml_open(xml, "backingStore");
    vl_xml_leaf(xml, "path", path);
    vl_xml_empty(xml, "format", "type", "qcow2", NULL);
    vl_xml_close(xml);
}

char *vl_render_volume_xml(const struct vl_volume_spec *spec, struct vl_error *err)
{
    VL_XML_AUTO *xml = vl_xml_new();

    vl_xml_open(xml, "volume");
    vl_xml_attribute(xml, "type", "file");
    vl_xml_leaf(xml, "name", spec->name);
    add_capacity(xml, spec->capacity);
    if (strcmp(spec->format, "raw") == 0)
        vl_xml_leaf(xml, "allocation", "0"); /* sparse; the default would write it full of zeros */
    vl_xml_open(xml, "target");
    vl_xml_empty(xml, "format", "type", spec->format, NULL);
    add_permissions(xml, VL_VOLUME_MODE);
    if (strcmp(spec->format, "qcow2") == 0)
        vl_xml_leaf(xml, "compat", "1.1"); /* libvirt's default is 0.10, which cannot mark a cluster as zero */
    vl_xml_close(xml);
    if (spec->backing_path)
        add_backing(xml, spec->backing_path);
    vl_xml_close(xml);
    return vl_xml_take(xml, err);
}

char *vl_render_pool_xml(const char *name, const char *path, struct vl_error *err)
{
    VL_XML_AUTO *xml = vl_xml_new();

    vl_xml_open(xml, "pool");
    vl_xml_attribute(xml, "type", "dir");
    vl_xml_leaf(xml, "name", name);
    vl_xml_open(xml, "target");
    vl_xml_leaf(xml, "path", path);
    add_permissions(xml, 0711);
    vl_xml_close(xml);
    vl_xml_close(xml);
    return vl_xml_take(xml, err);
}
