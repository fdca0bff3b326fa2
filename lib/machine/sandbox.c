/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order matters: root can only be dropped while it may still be asked for, and the filter is loaded last because
 * it forbids all that comes before it. A change of user makes the kernel reset the "may be traced" flag, so that is
 * cleared again afterwards.
 */
#include "machine/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

/*
 * AddressSanitizer and ThreadSanitizer map terabytes of shadow memory, read /proc, and write reports: neither a bound
 * on memory nor the filter can hold there. What those builds look for is our own mistakes, so both are left out of
 * them.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* The user and group `nobody`, by number: the name may be missing, 65534 is what the kernel itself uses for it. */
enum { NOBODY = 65534 };

extern char **environ;

struct limit {
    __rlimit_resource_t resource;
    rlim_t limit;
};

static const struct limit limits[] = {
    { RLIMIT_CORE, 0 },
    { RLIMIT_FSIZE, 0 },
    { RLIMIT_NPROC, 0 },
    { RLIMIT_MEMLOCK, 0 },
    { RLIMIT_CPU, 600 }, /* seconds: what is left of a worker that spins after its parent died */
#if !SANITIZED
    { RLIMIT_AS, (rlim_t)192 << 20 }, /* a guest that sends a thousand names of ciphers has each of them kept */
#endif
};

/* A program needs more: its libraries, files of statistics, and threads of its user, who has no others. */
static const struct limit program_limits[] = {
    { RLIMIT_CORE, 0 },
    { RLIMIT_FSIZE, (rlim_t)1 << 30 },
    { RLIMIT_MEMLOCK, 0 },
#if !SANITIZED
    { RLIMIT_AS, (rlim_t)4 << 30 },
#endif
};

enum { WORKER_DESCRIPTORS = 8, PROGRAM_THREADS = 64 };

/* What a program may call besides with any arguments. */
static const int allowed_to_programs[] = {
    SCMP_SYS(accept4),
    SCMP_SYS(access),
    SCMP_SYS(alarm),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(bind),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(connect),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(epoll_create),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(execve),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(fcntl),
    SCMP_SYS(fcntl64),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(fstatat64),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    SCMP_SYS(getegid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getpeername),
    SCMP_SYS(getppid),
    SCMP_SYS(getrlimit),
    SCMP_SYS(getrusage),
    SCMP_SYS(getsockname),
    SCMP_SYS(getsockopt),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(ioctl),
    SCMP_SYS(lseek),
    SCMP_SYS(lstat),
    SCMP_SYS(mmap),
    SCMP_SYS(mmap2),
    SCMP_SYS(mprotect),
    SCMP_SYS(nanosleep),
    SCMP_SYS(newfstatat),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(pread64),
    SCMP_SYS(prlimit64),
    SCMP_SYS(pselect6),
    SCMP_SYS(pwrite64),
    SCMP_SYS(read),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(readv),
    SCMP_SYS(recv),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(rseq),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sched_yield),
    SCMP_SYS(select),
    SCMP_SYS(send),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(setitimer),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(stat),
    SCMP_SYS(statx),
    SCMP_SYS(sysinfo),
    SCMP_SYS(tgkill),
    SCMP_SYS(uname),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(timer_create),
    SCMP_SYS(timer_settime),
    SCMP_SYS(timer_delete),
    SCMP_SYS(ugetrlimit),
    SCMP_SYS(_newselect),
    SCMP_SYS(_llseek),
};

/* What a server needs besides. Its descriptors are those that it listens on, waits with and was given; new ones come
 * from accept only. */
static const int allowed_to_servers[] = {
    SCMP_SYS(accept4),    SCMP_SYS(accept),    SCMP_SYS(recvfrom),   SCMP_SYS(recv),        SCMP_SYS(sendto),
    SCMP_SYS(send),       SCMP_SYS(sendmsg),   SCMP_SYS(writev),     SCMP_SYS(shutdown),    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockopt), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
};

/* Calls allowed with any arguments. Those with conditions are in add_conditions(). */
static const int allowed[] = {
    SCMP_SYS(poll),       SCMP_SYS(ppoll),        SCMP_SYS(restart_syscall), SCMP_SYS(close),
    SCMP_SYS(brk),        SCMP_SYS(munmap),       SCMP_SYS(mremap),          SCMP_SYS(madvise),
    SCMP_SYS(futex),      SCMP_SYS(getrandom),    SCMP_SYS(clock_gettime),   SCMP_SYS(gettimeofday),
    SCMP_SYS(time),       SCMP_SYS(getpid),       SCMP_SYS(rt_sigreturn),    SCMP_SYS(exit),
    SCMP_SYS(exit_group), SCMP_SYS(ppoll_time64), SCMP_SYS(futex_time64),    SCMP_SYS(clock_gettime64),
};

void vl_sandbox_hide(void)
{
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

bool vl_sandbox_filters(void)
{
    return !SANITIZED;
}

/* A worker needs nothing of it, and it may hold what the guest must never learn. */
static void forget_environment(void)
{
    for (char **entry = environ; entry && *entry; entry++)
        explicit_bzero(*entry, strlen(*entry));
    environ = NULL;
}

static int drop_root(id_t user, struct vl_error *err)
{
    if (geteuid() != 0)
        return 0;
    if (setgroups(0, NULL) < 0 || setresgid(user, user, user) < 0 || setresuid(user, user, user) < 0)
        return vl_fail_errno(err, "cannot become the user %u", (unsigned)user);
    if (setuid(0) == 0)
        return vl_fail(err, VL_ERROR_FAILED, "root came back after it was dropped");
    return 0;
}

int vl_sandbox_be_nobody(struct vl_error *err)
{
    if (drop_root(NOBODY, err) < 0)
        return -1;
    vl_sandbox_hide(); /* another user can be looked at again */
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? vl_fail_errno(err, "cannot give up new privileges") : 0;
}

static int set_limit(__rlimit_resource_t resource, rlim_t limit, struct vl_error *err)
{
    struct rlimit now, bound = { .rlim_cur = limit, .rlim_max = limit };

    if (getrlimit(resource, &now) < 0)
        return vl_fail_errno(err, "cannot ask for a resource limit");
    if (now.rlim_max < bound.rlim_max)
        bound.rlim_cur = bound.rlim_max = now.rlim_max;
    if (setrlimit(resource, &bound) < 0)
        return vl_fail_errno(err, "cannot set a resource limit");
    return 0;
}

static int set_limits(const struct limit *rows, size_t count, struct vl_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (set_limit(rows[i].resource, rows[i].limit, err) < 0)
            return -1;
    return 0;
}

/* Allow a call when the low 32 bits of its argument number `argument`, with `mask` applied, equal `value`: the kernel
 * takes descriptors and flags as 32 bits, whatever is above them in the register. */
static int allow_when(scmp_filter_ctx filter, int call, unsigned int argument, uint32_t mask, uint32_t value)
{
    struct scmp_arg_cmp condition = { .arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value };

    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &condition);
}

/* Memory may be mapped but never made executable; descriptors may be made non-blocking. */
static int add_conditions(scmp_filter_ctx filter)
{
    static const int mappings[] = { SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect) };
    static const uint32_t commands[] = { F_GETFL, F_SETFL };
    int rc = 0;

    for (size_t i = 0; i < VL_COUNT(mappings) && rc == 0; i++)
        rc = allow_when(filter, mappings[i], 2, PROT_EXEC, 0);
    for (size_t i = 0; i < VL_COUNT(commands) && rc == 0; i++)
        rc = allow_when(filter, SCMP_SYS(fcntl), 1, UINT32_MAX, commands[i]);
    return rc;
}

/* Bytes go over the sockets of a worker, or over all of a server. */
static int add_transfers(scmp_filter_ctx filter, const int *sockets)
{
    static const int transfers[] = { SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(send), SCMP_SYS(recv) };
    int rc = 0;

    for (const int *socket = sockets; socket && *socket >= 0; socket++)
        for (size_t i = 0; i < VL_COUNT(transfers) && rc == 0; i++)
            rc = allow_when(filter, transfers[i], 0, UINT32_MAX, (uint32_t)*socket);
    for (size_t i = 0; !sockets && i < VL_COUNT(allowed_to_servers) && rc == 0; i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_to_servers[i], 0);
    return rc;
}

static int add_calls(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int rc = 0;

    for (size_t i = 0; i < count && rc == 0; i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    return rc;
}

/* `sockets`: those of a worker; NULL: a server. */
static int add_worker(scmp_filter_ctx filter, const int *sockets)
{
    int rc = add_conditions(filter);

    return rc ? rc : add_transfers(filter, sockets);
}

/* Sockets are UDP ones, and with `tcp` also those of connections; new tasks are threads, and prctl() neither undoes the
 * death signal nor anything else. */
static int add_program(scmp_filter_ctx filter, bool tcp)
{
    static const uint32_t families[] = { AF_INET, AF_INET6 },
                          questions[] = { PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ };
    const uint32_t kinds = 0xf; /* of the second argument of socket(2), without its flags */
    int rc = add_calls(filter, allowed_to_programs, VL_COUNT(allowed_to_programs));

    for (size_t i = 0; i < VL_COUNT(families) * (tcp ? 2 : 1) && rc == 0; i++) {
        const struct scmp_arg_cmp kind[] = {
            { .arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT32_MAX, .datum_b = families[i % VL_COUNT(families)] },
            { .arg = 1,
              .op = SCMP_CMP_MASKED_EQ,
              .datum_a = kinds,
              .datum_b = i < VL_COUNT(families) ? SOCK_DGRAM : SOCK_STREAM },
        };

        rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), VL_COUNT(kind), kind);
    }
    if (tcp && rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(listen), 0);
    for (size_t i = 0; i < VL_COUNT(questions) && rc == 0; i++)
        rc = allow_when(filter, SCMP_SYS(prctl), 0, UINT32_MAX, questions[i]);
    return rc ? rc : allow_when(filter, SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD);
}

static int load_filter(bool program, bool tcp, const int *sockets)
{
    scmp_filter_ctx filter = seccomp_init(program ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_KILL_PROCESS);
    int rc;

    if (!filter)
        return -ENOMEM;
    rc = add_calls(filter, allowed, VL_COUNT(allowed));
    if (rc == 0)
        rc = program ? add_program(filter, tcp) : add_worker(filter, sockets);
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    return rc;
}

static int close_cage(bool program, bool tcp, const int *sockets, struct vl_error *err)
{
    int rc = 0;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return vl_fail_errno(err, "cannot give up new privileges");
    if (!SANITIZED)
        rc = load_filter(program, tcp, sockets);
    errno = -rc;
    return rc < 0 ? vl_fail_errno(err, "cannot load the filter of system calls") : 0;
}

static int enter(const int *sockets, unsigned descriptors, struct vl_error *err)
{
    forget_environment();
    if (drop_root(NOBODY, err) < 0 || set_limits(limits, VL_COUNT(limits), err) < 0 ||
        set_limit(RLIMIT_NOFILE, descriptors, err) < 0)
        return -1;
    vl_sandbox_hide();
    return close_cage(false, false, sockets, err);
}

int vl_sandbox_enter(const int *sockets, struct vl_error *err)
{
    return enter(sockets, WORKER_DESCRIPTORS, err);
}

int vl_sandbox_enter_server(unsigned descriptors, struct vl_error *err)
{
    return enter(NULL, descriptors, err);
}

/* The death signal does not outlive a change of user. */
int vl_sandbox_enter_program(pid_t parent, bool tcp, struct vl_error *err)
{
    bool root = geteuid() == 0;

    if (drop_root(VL_SANDBOX_PROGRAM_USER, err) < 0 || set_limits(program_limits, VL_COUNT(program_limits), err) < 0 ||
        (root && set_limit(RLIMIT_NPROC, PROGRAM_THREADS, err) < 0))
        return -1;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return vl_fail_errno(err, "cannot die with the program");
    if (getppid() != parent)
        return vl_fail(err, VL_ERROR_FAILED, "the program has ended");
    return close_cage(true, tcp, NULL, err);
}
