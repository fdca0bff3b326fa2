/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lint/sarif.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "lint/report.h"

/* SARIF's own words for severities. */
static const char *const levels[] = {
    [VL_SEVERITY_NOTICE] = "note",
    [VL_SEVERITY_WARNING] = "warning",
    [VL_SEVERITY_ERROR] = "error",
};

static void message(struct vl_json *json, const char *key, const char *text)
{
    vl_json_object(json, key);
    vl_json_string(json, "text", text);
    vl_json_end(json);
}

static void put_rules(struct vl_json *json)
{
    vl_json_array(json, "rules");
    for (const struct vl_lint_rule *rule = vl_lint_rules; rule->name; rule++) {
        vl_json_object(json, NULL);
        vl_json_string(json, "id", rule->name);
        message(json, "shortDescription", rule->summary);
        vl_json_object(json, "defaultConfiguration");
        vl_json_string(json, "level", levels[rule->severity]);
        vl_json_end(json);
        vl_json_end(json);
    }
    vl_json_end(json);
}

struct vl_json *vl_sarif_new(void)
{
    struct vl_json *json = vl_json_new();

    vl_json_object(json, NULL);
    vl_json_string(json, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    vl_json_string(json, "version", "2.1.0");
    vl_json_array(json, "runs");
    vl_json_object(json, NULL);
    vl_json_object(json, "tool");
    vl_json_object(json, "driver");
    vl_json_string(json, "name", "voiplab");
    vl_json_string(json, "version", VOIPLAB_VERSION);
    put_rules(json);
    vl_json_end(json);
    vl_json_end(json);
    vl_json_string(json, "columnKind", "unicodeCodePoints");
    vl_json_array(json, "results");
    return json;
}

/* A path as a URI reference (RFC 3986): what is not plain is escaped. */
static void put_uri(struct vl_json *json, const char *path)
{
    VL_BUF_AUTO uri = VL_BUF_INIT;

    if (*path == '/')
        vl_buf_puts(&uri, "file://");
    for (; *path; path++)
        if (isalnum((unsigned char)*path) || strchr("/-._~", *path))
            vl_buf_putc(&uri, *path);
        else
            vl_buf_printf(&uri, "%%%02X", (unsigned)(unsigned char)*path);
    vl_json_object(json, "artifactLocation");
    vl_json_string(json, "uri", vl_buf_text(&uri));
    vl_json_end(json);
}

void vl_sarif_finding(struct vl_json *json, const struct vl_finding *finding)
{
    vl_json_object(json, NULL);
    vl_json_string(json, "ruleId", finding->rule->name);
    vl_json_number(json, "ruleIndex", finding->rule - vl_lint_rules);
    vl_json_string(json, "level", levels[finding->severity]);
    message(json, "message", finding->text);
    vl_json_array(json, "locations");
    vl_json_object(json, NULL);
    vl_json_object(json, "physicalLocation");
    put_uri(json, finding->at.file);
    if (finding->at.line > 0) {
        vl_json_object(json, "region");
        vl_json_number(json, "startLine", finding->at.line);
        vl_json_end(json);
    }
    vl_json_end(json);
    vl_json_end(json);
    vl_json_end(json);
    vl_json_end(json);
}

char *vl_sarif_text(struct vl_json *json, struct vl_error *err)
{
    vl_json_end_to(json, 0);
    return vl_json_text(json, 2, err);
}
