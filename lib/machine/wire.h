/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the program and its workers (SSH sessions, the HTTP server of provision.h) say to each other over a socket pair.
 *
 * A message is a type (1 byte), the length of what follows (4 bytes, most significant first), and that many bytes of
 * fields. A field is a number (4 bytes) or a length (4 bytes) with as many bytes. The program asks, the worker answers,
 * one at a time. A worker may be in the hands of a hostile guest, so the reader states the largest message it takes,
 * reads no field past the end, and takes no message that has bytes left over.
 */
#ifndef VL_MACHINE_WIRE_H
#define VL_MACHINE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum vl_ssh_type {
    VL_SSH_HELLO = 1,     /* program: see receive_hello() of ssh_worker.c; the TCP socket was sent before it */
    VL_SSH_READY,         /* worker: logged in; no fields */
    VL_SSH_RUN,           /* program: most bytes of stdout to keep (number), command line, its stdin */
    VL_SSH_RESULT,        /* worker: exit status (number), stdout, the end of stderr */
    VL_SSH_FAILED,        /* worker: what went wrong, as text; it ends after this */
    VL_PROVISION_FILES,   /* program: how many (number), then path and text of each; READY or FAILED is the answer */
    VL_PROVISION_FETCHED, /* HTTP server: index of the file, address of who has it (numbers) */
    VL_SSH_STARTED,       /* whoever splits off workers: the number of the new one */
    VL_SSH_MET,           /* worker: the host key is right, the login begins; no fields */
    VL_SSH_REFUSED,       /* worker: like FAILED, and no second try will do better */
    VL_SSH_SEEN,          /* worker that looks: the host key, as text; it ends after this */
    VL_SSH_SIGN,          /* worker: index of the agent's key (number), what shall be signed; before READY only */
    VL_SSH_SIGNED,        /* program: the signature, empty when there is none */
    VL_SSH_TYPES,
};

enum {
    VL_SSH_WIRE_HEADER = 5,
    VL_SSH_COMMAND_LIMIT = 64 << 10, /* bytes of a command line; Linux takes 128 KiB in one argument of a shell */
    VL_SSH_ERRORS_LIMIT = 4 << 10,   /* bytes kept of the end of stderr, and of the text of VL_SSH_FAILED */
    VL_SSH_HELLO_LIMIT = 64 << 10,
    VL_SSH_INPUT_LIMIT = 2 << 20, /* bytes of stdin of one command */
    VL_SSH_RUN_LIMIT = VL_SSH_INPUT_LIMIT + VL_SSH_COMMAND_LIMIT + 64,
};

/* Compose: begin, fields, end; then the buffer holds the whole message. A failure sticks to the buffer. */
void vl_ssh_wire_begin(struct vl_buf *message, enum vl_ssh_type type);
void vl_ssh_wire_number(struct vl_buf *message, uint32_t number);
void vl_ssh_wire_bytes(struct vl_buf *message, const void *bytes, size_t length);
void vl_ssh_wire_text(struct vl_buf *message, const char *text);
void vl_ssh_wire_end(struct vl_buf *message);

/* The fields of a received message, taken in order. After the first that does not fit every later one is 0 or "". */
struct vl_ssh_fields {
    const unsigned char *at;
    size_t left;
    bool failed;
};

uint32_t vl_ssh_take_number(struct vl_ssh_fields *fields);
/* Points into the message. */
const char *vl_ssh_take_bytes(struct vl_ssh_fields *fields, size_t *ret_length);
/* A copy that the caller frees; a NUL inside makes the fields fail. NULL when they have failed or memory ran out. */
char *vl_ssh_take_text(struct vl_ssh_fields *fields);
/* True when every field was there and nothing is left. */
bool vl_ssh_fields_done(const struct vl_ssh_fields *fields);

/* Wait for `events` of poll(2). 0, or -1: VL_ERROR_TIMEOUT when the deadline passed. */
int vl_ssh_wait(int descriptor, short events, long long deadline, struct vl_error *err);

/* Send a composed message whole. */
int vl_ssh_wire_send(int socket, const struct vl_buf *message, long long deadline, struct vl_error *err);

/* Receive one message with at most `limit` bytes of fields into `message` (replaced), which *ret_fields then points
 * into. Returns its type, 0 when the other end has closed, or -1. */
int vl_ssh_wire_receive(int socket, size_t limit, long long deadline, struct vl_buf *message,
                        struct vl_ssh_fields *ret_fields, struct vl_error *err);

/* Hand a descriptor over (SCM_RIGHTS of unix(7), with one byte of no meaning), and take one. The program never takes
 * one. */
int vl_ssh_wire_send_descriptor(int socket, int descriptor, struct vl_error *err);
int vl_ssh_wire_receive_descriptor(int socket, struct vl_error *err);

#endif
