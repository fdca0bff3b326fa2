/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds the files of a corpus to a fuzz target, without libFuzzer: the seeds, and every input that once broke
 * something, stay a test on every compiler. Arguments: files or directories.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#include "fuzz.h"

static unsigned fed;

static int feed_file(const char *path)
{
    VL_FCLOSE FILE *file = fopen(path, "re");
    VL_FREE unsigned char *data = NULL;
    size_t size = 0, got;

    if (!file) {
        (void)fprintf(stderr, "cannot open '%s': %s\n", path, strerror(errno));
        return -1;
    }
    do {
        unsigned char *grown = realloc(data, size + 4096);

        if (!grown)
            return -1;
        data = grown;
        got = fread(data + size, 1, 4096, file);
        size += got;
    } while (got > 0);
    (void)printf("%s\n", path);
    (void)fflush(stdout);
    (void)LLVMFuzzerTestOneInput(data, size);
    fed++;
    return 0;
}

static int feed_directory(const char *path, DIR *directory)
{
    int rc = 0;

    for (const struct dirent *entry; rc == 0 && (entry = readdir(directory));) {
        VL_FREE char *name = NULL;

        if (entry->d_name[0] == '.')
            continue;
        rc = asprintf(&name, "%s/%s", path, entry->d_name) < 0 ? -1 : feed_file(name);
    }
    return rc;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        DIR *directory = opendir(argv[i]);
        int rc = directory ? feed_directory(argv[i], directory) : feed_file(argv[i]);

        if (directory)
            (void)closedir(directory);
        if (rc < 0)
            return 1;
    }
    (void)printf("%u inputs\n", fed);
    return fed > 0 ? 0 : 1;
}
