/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whoever has taken over the process that talks to a guest tries to get out of it: each try is made by a child in the
 * same cage, and ends with SIGSYS or with nothing.
 */
#include "support.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "machine/sandbox.h"

/* The sockets of the process in the cage, and who put it there. */
static struct {
    int control, guest;
    pid_t parent;
} at;

static struct sockaddr_in elsewhere(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9) };

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static long map(int protection, int flags, int file)
{
    return mmap(NULL, 4096, protection, flags, file, 0) == MAP_FAILED ? -1 : 0;
}

static void *page(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Files and programs */
static long open_file(void)
{
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}
static long open_how(void)
{
    char how[24] = { 0 };

    return syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof(how));
}
static long make_memory_file(void)
{
    return syscall(SYS_memfd_create, "x", 0);
}
static long read_standard_input(void)
{
    char byte;

    return read(0, &byte, 1);
}
static long write_standard_output(void)
{
    return write(1, "x", 1);
}
static long mount_something(void)
{
    return syscall(SYS_mount, "a", "b", "c", 0, 0);
}
static long execute(void)
{
    return execl("/bin/true", "true", (char *)NULL);
}
static long execute_at(void)
{
    char *const words[] = { NULL };

    return syscall(SYS_execveat, AT_FDCWD, "/bin/true", words, words, 0);
}
static long map_code(void)
{
    return map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}
static long make_code(void)
{
    return mprotect(page(), 4096, PROT_READ | PROT_EXEC);
}
static long make_code_with_key(void)
{
    return syscall(SYS_pkey_mprotect, page(), 4096, PROT_READ | PROT_EXEC, -1);
}

/* Processes */
static long fork_child(void)
{
    return syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}
static long fork_child_anew(void)
{
    char arguments[64] = { 0 };

    return syscall(SYS_clone3, arguments, sizeof(arguments));
}
static long kill_parent(void)
{
    return kill(at.parent, SIGKILL);
}
static long kill_thread(void)
{
    return syscall(SYS_tgkill, at.parent, at.parent, SIGKILL);
}
static long open_process(void)
{
    return syscall(SYS_pidfd_open, at.parent, 0);
}
static long trace_parent(void)
{
    return ptrace(PTRACE_ATTACH, at.parent, NULL, NULL);
}
static long read_parent(void)
{
    char bytes[8];
    struct iovec here = { bytes, sizeof(bytes) }, there = { &at, sizeof(bytes) };

    return process_vm_readv(at.parent, &here, 1, &there, 1, 0);
}
static long limit_parent(void)
{
    return syscall(SYS_prlimit64, at.parent, RLIMIT_NOFILE, NULL, NULL);
}
static long pin_parent(void)
{
    return syscall(SYS_sched_setaffinity, at.parent, sizeof(at), &at);
}

/* Connections */
static long make_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}
static long connect_elsewhere(void)
{
    struct sockaddr_in address = elsewhere();

    return connect(at.guest, (struct sockaddr *)&address, sizeof(address));
}
static long disconnect(void)
{
    struct sockaddr address = { .sa_family = AF_UNSPEC };

    return connect(at.guest, &address, sizeof(address));
}
static long send_elsewhere(void)
{
    struct sockaddr_in address = elsewhere();

    return sendto(at.guest, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof(address));
}
static long connect_by_sending(void)
{
    struct sockaddr_in address = elsewhere();

    return sendto(at.guest, "x", 1, MSG_NOSIGNAL | MSG_FASTOPEN, (struct sockaddr *)&address, sizeof(address));
}
static long send_message(void)
{
    struct msghdr message = { .msg_iov = NULL };

    return sendmsg(at.control, &message, 0);
}
static long receive_message(void)
{
    struct msghdr message = { .msg_iov = NULL };

    return recvmsg(at.control, &message, MSG_DONTWAIT);
}
static long send_to_terminal(void)
{
    return send(2, "x", 1, MSG_NOSIGNAL);
}
static long tell_parent_by_signal(void)
{
    return fcntl(at.control, F_SETOWN, at.parent);
}
static long duplicate(void)
{
    return fcntl(at.control, F_DUPFD, 5);
}

/* The kernel */
static long make_ring(void)
{
    char parameters[256] = { 0 };

    return syscall(SYS_io_uring_setup, 4, parameters);
}
static long load_filter(void)
{
    char attributes[256] = { 0 };

    return syscall(SYS_bpf, 0, attributes, 64);
}
static long look_at_faults(void)
{
    return syscall(SYS_userfaultfd, 0);
}
static long ask_for_keys(void)
{
    return syscall(SYS_keyctl, 0, 0);
}
static long be_dumped(void)
{
    return prctl(PR_SET_DUMPABLE, 1);
}
static long lift_the_cage(void)
{
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL);
}
static long be_root(void)
{
    return setuid(0);
}
static long have_own_namespace(void)
{
    return unshare(CLONE_NEWUSER);
}
static long control_device(void)
{
    int count;

    return syscall(SYS_ioctl, at.control, FIONREAD, &count);
}
static long take_two_gigabytes(void)
{
    return mmap(NULL, 2UL << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}
#ifdef __x86_64__
/* The same calls by other numbers: of x32, and of a 32-bit program. */
static long open_by_x32(void)
{
    return syscall(0x40000000 | SYS_open, "/etc/passwd", 0);
}
static long call_by_interrupt(void)
{
    long result;

    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory"); /* getpid() there */
    return result;
}
#endif

#define TRY(function)                                                                                                  \
    {                                                                                                                  \
#function, function                                                                                            \
    }

static const struct {
    const char *name;
    long (*function)(void);
} tries[] = {
    TRY(open_file),
    TRY(open_how),
    TRY(make_memory_file),
    TRY(read_standard_input),
    TRY(write_standard_output),
    TRY(mount_something),
    TRY(execute),
    TRY(execute_at),
    TRY(map_code),
    TRY(make_code),
    TRY(make_code_with_key),
    TRY(fork_child),
    TRY(fork_child_anew),
    TRY(kill_parent),
    TRY(kill_thread),
    TRY(open_process),
    TRY(trace_parent),
    TRY(read_parent),
    TRY(limit_parent),
    TRY(pin_parent),
    TRY(make_socket),
    TRY(connect_elsewhere),
    TRY(disconnect),
    TRY(send_elsewhere),
    TRY(connect_by_sending),
    TRY(send_message),
    TRY(receive_message),
    TRY(send_to_terminal),
    TRY(tell_parent_by_signal),
    TRY(duplicate),
    TRY(make_ring),
    TRY(load_filter),
    TRY(look_at_faults),
    TRY(ask_for_keys),
    TRY(be_dumped),
    TRY(lift_the_cage),
    TRY(be_root),
    TRY(have_own_namespace),
    TRY(control_device),
    TRY(take_two_gigabytes),
#ifdef __x86_64__
    TRY(open_by_x32),
    TRY(call_by_interrupt),
#endif
};

enum { NOT_CAGED = 90, GOT_THROUGH, FAILED };

/* How a child ends that tries it; `function` NULL: that only says something on its own socket. */
static int end_of(long (*function)(void))
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        VL_ERROR_AUTO err = { .code = VL_OK };

        vl_sandbox_hide();
        if (vl_sandbox_enter((const int[]){ at.control, at.guest, -1 }, &err) < 0)
            _exit(NOT_CAGED);
        _exit((function ? function() : send(at.control, "x", 1, MSG_NOSIGNAL)) < 0 ? FAILED : GOT_THROUGH);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int set_up(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    at.control = ends[0];
    at.guest =
        socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* not connected yet: all the more could be done with it */
    at.parent = getpid();
    assert_true(at.guest >= 0);
    return 0;
}

static void test_no_way_out(void **state)
{
    (void)state;
    if (!vl_sandbox_filters())
        skip();
    for (size_t i = 0; i < VL_COUNT(tries); i++) {
        int status = end_of(tries[i].function);

        if (WIFSIGNALED(status) ? WTERMSIG(status) != SIGSYS : WEXITSTATUS(status) != FAILED)
            fail_msg("%s: status %#x", tries[i].name, (unsigned)status);
    }
}

/* The sieve is not just shut: without a try nothing ends the child. */
static void test_own_socket(void **state)
{
    int status = end_of(NULL);

    (void)state;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), GOT_THROUGH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_socket),
        cmocka_unit_test(test_no_way_out),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
