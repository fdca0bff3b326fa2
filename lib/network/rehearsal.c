/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/rehearsal.h"

#include <errno.h>
#include <glob.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/keys.h"
#include "base/process.h"
#include "base/text.h"
#include "network/ask.h"
#include "network/rehearsal_look.h"

enum {
    SCENE_LIMIT = 1 << 20,
    COMMAND_MS = 30000,
    WAIT_MS = 20000,
    END_MS = 60000,
    PAUSE_MS = 20,
    SETTLE_MS = 100,
    HELD_MS = 1500,
    QUIET_MS = 500,
    BEFORE_MS = 4000,
    LOG_LIMIT = 1 << 20
};

struct play {
    struct vl_arena arena;
    const char *directory;
    struct vl_scene scene;
    const struct vl_backend *row;
    pid_t running[VL_REHEARSAL_RUNS];
    int log;
};

static int cannot(const char *what)
{
    printf("cannot %s: %s\n", what, strerror(errno));
    return 3;
}

static const char *below(struct play *play, const char *name)
{
    return vl_arena_printf(&play->arena, "%s/%s", play->directory, name);
}

static bool make(const char *path)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    return vl_file_mkdirs(path, 0755, &ignored) == 0;
}

/* The new files over those that are there; what the owner writes goes to memory. */
static int lay_over(struct play *play)
{
    const char *upper = below(play, "mount/etc"), *work = below(play, "mount/work");
    const char *options =
        vl_arena_printf(&play->arena, "lowerdir=%s:/etc,upperdir=%s,workdir=%s", below(play, "new/etc"), upper, work);

    if (!make(below(play, "new/etc")) || !make(upper) || !make(work) ||
        mount("overlay", "/etc", "overlay", 0, options) < 0)
        return cannot("lay the new files over the old ones");
    return 0;
}

/* What daemons and clients write while they run is theirs of this rehearsal. */
static int empty_places(void)
{
    static const char *const places[] = { "/run", "/var/lib/dhcp", "/var/lib/dhclient", "/var/lib/NetworkManager" };
    static const char *const needed[] = {
        "/run/network",           "/run/lock/subsys",         "/run/dbus",
        "/run/netreport",         "/run/systemd/netif/links", "/run/systemd/netif/leases",
        "/run/systemd/netif/lldp"
    };

    for (size_t i = 0; i < VL_COUNT(places); i++)
        if (vl_file_exists(places[i]) && mount("tmpfs", places[i], "tmpfs", 0, "mode=755") < 0)
            return cannot("empty the places of what runs");
    for (size_t i = 0; i < VL_COUNT(needed); i++)
        (void)make(needed[i]);
    return 0;
}

static int set_up_places(struct play *play)
{
    const char *own = below(play, "mount");
    int rc;

    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || !make(own) ||
        mount("tmpfs", own, "tmpfs", 0, "mode=755") < 0)
        return cannot("mount");
    rc = lay_over(play);
    if (rc == 0)
        rc = empty_places();
    if (rc)
        return rc;
    if (mount("proc", "/proc", "proc", 0, NULL) < 0 || mount("sysfs", "/sys", "sysfs", MS_RDONLY, NULL) < 0)
        return cannot("mount /proc and /sys");
    return 0;
}

/* Run a command to its end. Returns its status; what it said goes to stdout as `says` when it failed. */
static int run(struct play *play, const char *const *argv, const char *input)
{
    struct vl_process_options options = { .timeout_ms = COMMAND_MS, .input = input };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (vl_process_run(argv, &options, &result, &err) < 0) {
        printf("cannot %s\n", vl_error_text(&err));
        return -1;
    }
    if (result.timed_out) {
        printf("cannot wait for '%s' any longer\n", argv[0]);
        return -1;
    }
    if (result.status != 0)
        printf("says %s: %s\n", argv[0],
               vl_text_quote(&play->arena, result.errors ? result.errors : "", VL_TEXT_QUOTED));
    return result.status;
}

/* Links of the names and addresses of the cards, each with an other end that is up. */
static int make_links(struct play *play)
{
    static const char *const dad[] = {
        "sysctl", "-q", "-e", "-w", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0", NULL
    };
    static const char *const batch[] = { "ip", "-batch", "-", NULL };
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_buf_puts(&text, "link set dev lo up\n");
    for (size_t i = 0; i < play->scene.link_count; i++) {
        const struct vl_scene_link *link = &play->scene.links[i];

        vl_buf_printf(&text,
                      "link add name %s address %s mtu %s type veth peer name vlend%zu\nlink set dev vlend%zu up\n",
                      link->name, link->mac, link->mtu, i, i);
    }
    (void)run(play, dad, NULL);
    return run(play, batch, vl_buf_text(&text)) == 0 ? 0 : cannot("make links like those of this host");
}

/* A link that stands for a card has no permanent address, which netplan has networkd match: it gets its name. */
static void name_cards(struct play *play)
{
    static const char *const patterns[] = { "/run/systemd/network/*.network", "/etc/systemd/network/*.network" };

    for (size_t i = 0; i < VL_COUNT(patterns); i++) {
        glob_t found = { .gl_pathc = 0 };

        (void)glob(patterns[i], 0, NULL, &found);
        for (size_t k = 0; k < found.gl_pathc; k++) {
            VL_ERROR_AUTO ignored = { .code = VL_OK };
            VL_FREE char *text = NULL;
            const char *mac = NULL, *name = NULL;

            if (vl_file_read(found.gl_pathv[k], SCENE_LIMIT, &text, NULL, &ignored) == 0)
                mac = vl_keys_value(&play->arena, text, "Match", "PermanentMACAddress");
            for (size_t n = 0; mac && n < play->scene.link_count; n++)
                if (!strcasecmp(play->scene.links[n].mac, mac))
                    name = play->scene.links[n].name;
            if (name) {
                const struct vl_key_change changes[] = { { "Match", "PermanentMACAddress", NULL },
                                                         { "Match", "Name", name } };
                const char *edited = vl_keys_edit(&play->arena, text, changes, VL_COUNT(changes));

                (void)vl_file_write(found.gl_pathv[k], edited, strlen(edited), 0644, &ignored);
            }
        }
        globfree(&found);
    }
}

/* The words of a row, with the names of the links in place of UPLINK and BRIDGE. */
static const char *const *named(struct play *play, const char *const *words)
{
    const char **argv = vl_arena_zalloc(&play->arena, (VL_OWNER_ARGV + 1) * sizeof(*argv));

    for (size_t i = 0; argv && i < VL_OWNER_ARGV && words[i]; i++)
        argv[i] = !strcmp(words[i], "UPLINK")   ? play->scene.uplink
                  : !strcmp(words[i], "BRIDGE") ? play->scene.bridge
                                                : words[i];
    return argv;
}

/* What its programs say of single files. */
static int ask_of_files(struct play *play)
{
    const char *const *lines;
    int rc = vl_ask_owner(&play->arena, play->scene.files, play->scene.file_count, &lines);

    for (; lines && *lines; lines++)
        printf("says %s\n", *lines);
    return rc;
}

static bool is_there(const char *pattern)
{
    glob_t found = { .gl_pathc = 0 };
    bool there = pattern && glob(pattern, 0, NULL, &found) == 0;

    globfree(&found);
    return there;
}

/* Have made what a daemon reads, and see which one does: netplan makes files for either. */
static int prepare(struct play *play)
{
    const struct vl_backend_rehearsal *how = &play->row->rehearsal;
    int status = how->prepares[0] ? run(play, named(play, how->prepares), NULL) : 0;

    if (status)
        return status < 0 ? 3 : 1;
    if (is_there(how->hands_over))
        play->row = vl_backend(how->hand);
    return 0;
}

/* Ask the owner what it makes of the files; what it refuses is not worth bringing up. */
static int ask(struct play *play)
{
    const struct vl_backend_rehearsal *how = &play->row->rehearsal;
    int status;

    for (size_t i = 0; i < VL_COUNT(how->asks) && how->asks[i][0]; i++)
        if ((status = run(play, named(play, how->asks[i]), NULL)) != 0)
            return status < 0 ? 3 : 1;
    for (size_t i = 0; how->reads && i < play->scene.file_count; i++) {
        const char *const argv[] = { "sh", "-n", play->scene.files[i], NULL };

        if (vl_text_starts(play->scene.files[i], how->reads) && (status = run(play, argv, NULL)) != 0)
            return status < 0 ? 3 : 1;
    }
    return ask_of_files(play);
}

static int start(struct play *play)
{
    const struct vl_backend_rehearsal *how = &play->row->rehearsal;

    for (size_t i = 0; i < VL_REHEARSAL_RUNS && how->runs[i][0]; i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        long long deadline = vl_boot_ms() + COMMAND_MS;

        play->running[i] =
            vl_process_start(NULL, named(play, how->runs[i]), (int[]){ -1, play->log, play->log }, -1, NULL, &err);
        if (play->running[i] < 0) {
            printf("cannot %s\n", vl_error_text(&err));
            return 3;
        }
        while (how->ready[i] && !vl_file_exists(how->ready[i]) && vl_boot_ms() < deadline)
            (void)poll(NULL, 0, PAUSE_MS);
    }
    return 0;
}

/* Whether what brings it up by running to its end has done so; a daemon never does. */
static bool has_ended(struct play *play)
{
    for (size_t i = 0; i < VL_REHEARSAL_RUNS; i++) {
        if (play->running[i] > 0 && waitpid(play->running[i], NULL, WNOHANG) == 0)
            return false;
        play->running[i] = 0;
    }
    return true;
}

static bool is_settled(struct play *play, const char *link)
{
    const struct vl_backend_rehearsal *how = &play->row->rehearsal;
    unsigned index = if_nametoindex(link);
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;
    const char *line;

    if (!how->links || !index ||
        vl_file_read(vl_arena_printf(&play->arena, "%s/%u", how->links, index), SCENE_LIMIT, &text, NULL, &ignored) < 0)
        return false;
    line = strstr(text, how->settled);
    return line && (line == text || line[-1] == '\n') && line[strlen(how->settled)] == '\n';
}

static bool says_settled(struct play *play)
{
    return is_settled(play, play->scene.uplink) && is_settled(play, play->scene.bridge);
}

/* What else is there now comes a moment later, or not at all. */
static void watch_held(struct play *play, bool ends)
{
    long long deadline = vl_boot_ms() + HELD_MS;

    while (vl_boot_ms() < deadline) {
        bool is_last = (ends && has_ended(play)) || says_settled(play);

        if (vl_scene_is_held(&play->scene, false) || is_last)
            break;
        (void)poll(NULL, 0, PAUSE_MS);
    }
    (void)vl_scene_is_held(&play->scene, true);
}

/* With the files as they are nobody knows what is to come: what brings them up is waited for, and of a daemon, or of
 * who waits for a lease and is never done, until nothing has changed for a while. */
static void watch_before(struct play *play, bool ends)
{
    long long deadline = vl_boot_ms() + (ends ? END_MS : BEFORE_MS), changed = vl_boot_ms();
    uint64_t last = 0;

    while (vl_boot_ms() < deadline && !(ends && has_ended(play))) {
        uint64_t mark = vl_scene_mark(&play->scene);

        if (mark != last || !mark)
            changed = vl_boot_ms();
        if (!ends && vl_boot_ms() - changed >= QUIET_MS)
            break;
        last = mark;
        (void)poll(NULL, 0, PAUSE_MS);
    }
    (void)vl_scene_is_held(&play->scene, true);
}

/* Wait until it is as wanted, and still is a moment later. */
static int watch(struct play *play)
{
    bool ends = !play->row->rehearsal.stays && !play->scene.dhcp;
    long long deadline = vl_boot_ms() + (ends ? END_MS : WAIT_MS), since = 0;

    if (play->scene.before) {
        watch_before(play, ends);
        return 0;
    }
    while (vl_boot_ms() < deadline) {
        bool as_wanted = vl_scene_is_as_wanted(&play->scene, false), ended = has_ended(play);

        since = as_wanted && !since ? vl_boot_ms() : as_wanted ? since : 0;
        if (as_wanted && (ends ? ended : vl_boot_ms() - since >= SETTLE_MS)) {
            watch_held(play, ends);
            return 0;
        }
        if (!as_wanted && ended && ends)
            break;
        (void)poll(NULL, 0, PAUSE_MS);
    }
    if (!ends && !play->row->rehearsal.stays && !has_ended(play) && !vl_scene_is_as_wanted(&play->scene, false)) {
        puts("cannot wait for a lease, which nobody gives there, and after which the rest comes");
        return 3;
    }
    return vl_scene_is_as_wanted(&play->scene, true) ? 0 : 1;
}

/* Of what the owner said, the lines that name one of the new files; when it went wrong the last ones as well. */
static void tell_log(struct play *play, bool bad)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;
    const char *const *lines;
    size_t count = 0;

    if (lseek(play->log, 0, SEEK_SET) < 0 || vl_file_read_open(play->log, "says", LOG_LIMIT, &text, &ignored) < 0)
        return;
    lines = vl_text_split(&play->arena, text, "\n");
    while (lines[count])
        count++;
    for (size_t i = 0; i < count; i++) {
        bool names = bad && i + 3 >= count;

        for (size_t k = 0; k < play->scene.file_count; k++)
            names |= strstr(lines[i], vl_arena_printf(&play->arena, "%s:", play->scene.files[k])) != NULL;
        if (names)
            printf("says %s\n", lines[i]);
    }
}

/* What the owner says is kept in memory. */
static int open_log(struct play *play)
{
    play->log = memfd_create("says", MFD_CLOEXEC);
    return play->log < 0 ? cannot("keep what the owner says") : 0;
}

static int perform(struct play *play)
{
    static const char *const give[] = { "chown", "-R", "systemd-network:systemd-network", "/run/systemd/netif", NULL };
    int rc = set_up_places(play);

    if (rc == 0)
        rc = make_links(play);
    if (rc == 0)
        rc = open_log(play);
    if (rc == 0 && play->row->rehearsal.is_networkd)
        (void)run(play, give, NULL);
    if (rc == 0)
        rc = prepare(play);
    if (rc == 0 && !play->scene.before)
        rc = ask(play);
    if (rc)
        return rc;
    name_cards(play);
    rc = start(play);
    if (rc == 0) {
        rc = watch(play);
        tell_log(play, rc != 0);
    }
    return rc;
}

int vl_rehearsal_main(const char *directory)
{
    struct play play = { .directory = directory, .log = -1 };
    int status = 0;
    pid_t pid;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody hears the answer any more */
    if (vl_scene_read(&play.arena, below(&play, "scene"), &play.scene) < 0)
        return 3;
    play.row = vl_backend(play.scene.backend);
    if (!play.row || unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
        return cannot("have namespaces of its own");
    pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        status = perform(&play);
        (void)fflush(stdout);
        _exit(status);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    vl_arena_free(&play.arena);
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}
