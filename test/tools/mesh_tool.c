/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A full mesh of guests, loaded and rendered: mesh_tool SHARE GUESTS. Prints how many trunks between guests it has, how
 * many bytes of files it made, the processor time of the whole and the peak of memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "lab/lab.h"
#include "lab/state.h"
#include "render/asterisk.h"

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int write_lab(const char *path, const char *guests)
{
    FILE *file = fopen(path, "w");

    if (!file)
        return -1;
    (void)fprintf(file,
                  "[lab]\nname = mesh\n[bridge]\naddress = 10.0.0.1/16\n[image pbx]\nbase = build:debian-asterisk\n"
                  "[pbx g]\ncount = %s\naddress = 10.0.1.1\n",
                  guests);
    return fclose(file);
}

static size_t render(const struct vl_lab *lab, const struct vl_state *state, const struct vl_pbx *pbx)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_fileset set = { .count = 0 };
    size_t bytes = 0;

    vl_render_pbx(&arena, lab, state, pbx, VL_PART_TRUNK | VL_PART_DIALPLAN, &set);
    for (size_t i = 0; i < set.count; i++)
        bytes += set.files[i].text ? strlen(set.files[i].text) : 0;
    return bytes;
}

int main(int argc, char **argv)
{
    char path[] = "/tmp/mesh-XXXXXX";
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_LAB_AUTO *lab = NULL;
    VL_STATE_AUTO state = { .directory = NULL };
    double begun = seconds();
    struct rusage usage;
    size_t bytes = 0;
    int fd = mkstemp(path);

    if (argc != 3 || fd < 0 || close(fd) < 0 || write_lab(path, argv[2]) < 0)
        return 2;
    lab = vl_lab_load(path, argv[1], &err);
    (void)unlink(path);
    if (!lab || vl_state_open(&state, lab, "/nonexistent", NULL, &err) < 0) {
        (void)fprintf(stderr, "mesh_tool: %s\n", vl_error_text(&err));
        return 1;
    }
    for (size_t i = 0; i < lab->pbx_count; i++)
        bytes += render(lab, &state, &lab->pbxs[i]);
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("edges=%zu bytes=%zu seconds=%.3f peak_kib=%ld\n", lab->guest_count * (lab->guest_count - 1), bytes,
           seconds() - begun, usage.ru_maxrss);
    return 0;
}
