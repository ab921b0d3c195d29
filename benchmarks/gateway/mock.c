// SPDX-License-Identifier: Apache-2.0
// A mock engine: an OpenAI-compatible server that answers at once, on loopback, in one thread.
//
//   mock PORT [GAP_MS] [EVENTS]
//
// Whole answers are one fixed body; streams have EVENTS events (64), GAP_MS apart (0: all at once, one write each),
// then a finish, the usage and [DONE]. It reads of a request what it needs: its length, and whether it streams.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 65536, MOST = 65536, WAITING = 1 << 17 };

typedef struct {
  char *in;
  int used;
  int sent;    // events of the stream that is running
  long due;    // when the next one goes, microseconds; 0: no stream
} Connection;

static Connection connections[MOST];
static int events_of_a_stream = 64;
static long gap_us = 0;
static int poller;

// Streams wait in the order of their next event: the gap is the same for all, so a ring is enough.
static int ring[WAITING];
static unsigned ring_head, ring_tail;

static const char HEAD_WHOLE[] = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s";
static const char WHOLE[] =
    "{\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"mock\",\"choices\":[{\"index\":0,"
    "\"message\":{\"role\":\"assistant\",\"content\":\"A birth is reported within 60 days.\"},\"logprobs\":null,"
    "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":9,\"total_tokens\":18}}";
static const char VECTOR[] =
    "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.6,0.8]}],\"model\":\"mock\","
    "\"usage\":{\"prompt_tokens\":9,\"total_tokens\":9}}";
static const char MODELS[] = "{\"object\":\"list\",\"data\":[{\"id\":\"mock\",\"object\":\"model\"}]}";
static const char HEAD_STREAM[] =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
#define CHUNK_HEAD "data: {\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"mock\","
static const char EVENT[] = CHUNK_HEAD "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"},\"finish_reason\":null}]}\n\n";
static const char LAST[] = CHUNK_HEAD "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" CHUNK_HEAD
    "\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":64,\"total_tokens\":73}}\n\n" "data: [DONE]\n\n";

static long now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static void drop(int fd) {
  free(connections[fd].in);
  memset(&connections[fd], 0, sizeof(Connection));
  close(fd);
}

static void put(int fd, const char *data, size_t size) {
  // Loopback buffers are far larger than what one client leaves unread here; what does not fit means a dead client.
  if (send(fd, data, size, MSG_NOSIGNAL) != (ssize_t)size) shutdown(fd, SHUT_RDWR);
}

static void put_chunk(int fd, const char *data, bool last) {
  char out[2048];
  int size = snprintf(out, sizeof out, "%zx\r\n%s\r\n%s", strlen(data), data, last ? "0\r\n\r\n" : "");
  put(fd, out, (size_t)size);
}

static void step(int fd) {
  Connection *c = &connections[fd];
  if (c->sent < events_of_a_stream) {
    put_chunk(fd, EVENT, false);
    c->sent++;
  } else {
    put_chunk(fd, LAST, true);
    c->due = 0;
  }
}

static void answer(int fd, const char *head, const char *body, const char *end) {
  char out[4096];
  const char *whole = WHOLE;
  if (strncmp(head, "GET ", 4) == 0) whole = MODELS;
  else if (memmem(head, 64, "/embeddings", 11)) whole = VECTOR;
  else if (memmem(body, (size_t)(end - body), "\"stream\":true", 13) || memmem(body, (size_t)(end - body), "\"stream\": true", 14)) {
    put(fd, HEAD_STREAM, sizeof HEAD_STREAM - 1);
    Connection *c = &connections[fd];
    c->sent = 0;
    c->due = now_us();
    if (!gap_us) while (c->due) step(fd);
    else {
      step(fd);
      c->due += gap_us;
      ring[ring_tail++ % WAITING] = fd;
    }
    return;
  }
  int size = snprintf(out, sizeof out, HEAD_WHOLE, strlen(whole), whole);
  put(fd, out, (size_t)size);
}

static void serve(int fd) {
  Connection *c = &connections[fd];
  ssize_t got = recv(fd, c->in + c->used, (size_t)(BUFFER - 1 - c->used), 0);
  if (got <= 0) {
    if (got == 0 || errno != EAGAIN) drop(fd);
    return;
  }
  c->used += (int)got;
  for (;;) {
    c->in[c->used] = 0;
    char *blank = strstr(c->in, "\r\n\r\n");
    if (!blank) break;
    char *length = strcasestr(c->in, "\r\ncontent-length:");
    long need = length && length < blank ? strtol(length + 17, NULL, 10) : 0;
    char *body = blank + 4, *end = body + need;
    if (end > c->in + c->used) break;
    answer(fd, c->in, body, end);
    if (!connections[fd].in) return;
    c->used -= (int)(end - c->in);
    memmove(c->in, end, (size_t)c->used);
  }
  if (c->used >= BUFFER - 1) drop(fd);
}

static int run_due(void) {
  while (ring_head != ring_tail) {
    int fd = ring[ring_head % WAITING];
    Connection *c = &connections[fd];
    if (c->due) {
      long left = c->due - now_us();
      if (left > 0) return (int)(left / 1000);
    }
    ring_head++;
    if (!c->due) continue;  // it hung up
    step(fd);
    if (c->due) {
      c->due += gap_us;
      ring[ring_tail++ % WAITING] = fd;
    }
  }
  return -1;
}

int main(int count, char **words) {
  if (count < 2) return fprintf(stderr, "usage: mock PORT [GAP_MS] [EVENTS]\n"), 2;
  if (count > 2) gap_us = atol(words[2]) * 1000;
  if (count > 3) events_of_a_stream = atoi(words[3]);
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max < MOST ? files.rlim_max : MOST;
  setrlimit(RLIMIT_NOFILE, &files);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) return perror("mock"), 1;
  poller = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[256];
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int found = epoll_wait(poller, ready, 256, run_due());
    for (int i = 0; i < found; i++) {
      int fd = ready[i].data.fd;
      if (fd != listener) {
        if (connections[fd].in) serve(fd);
        continue;
      }
      while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MOST) { close(fd); continue; }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        connections[fd].in = malloc(BUFFER);
        event = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
      }
    }
  }
}
