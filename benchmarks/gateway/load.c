// SPDX-License-Identifier: Apache-2.0
// A load client for loopback, in one thread: sends the request in a file and prints what came back as one line of JSON.
//
//   load closed  PORT FILE CONNECTIONS REQUESTS      each connection sends its next request when the last is answered
//   load open    PORT FILE RATE SECONDS              requests leave by the clock; latency counts from when each was due
//   load streams PORT FILE STREAMS RAMP_MS           each connection carries one stream, begun evenly over the ramp
//
// Times are in microseconds. A gap is the time between two arrivals on one stream.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
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

enum { MOST = 8192, TAIL = 5, HEAD = 8192, PATIENCE_US = 60000000 };

typedef struct {
  int fd;
  bool busy, connecting, in_body, chunked;
  char head[HEAD];
  int head_used;
  long left, due, last;
  char tail[TAIL];
  int events;
  bool done_seen;
} Connection;

typedef struct { long *at; size_t count, room; } Series;

static Connection *all;
static int poller, connection_count, idle[MOST], idle_count, port;
static char *request;
static size_t request_size;
static Series latency, first, gaps;
static long answered, failed, other_status, events_seen, streams_done;
static bool streaming;

static long now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static void note(Series *s, long value) {
  if (s->count == s->room) s->at = realloc(s->at, (s->room = s->room ? s->room * 2 : 4096) * sizeof(long));
  s->at[s->count++] = value;
}

static int by_value(const void *a, const void *b) {
  long x = *(const long *)a, y = *(const long *)b;
  return (x > y) - (x < y);
}

static void print_series(const char *name, Series *s) {
  qsort(s->at, s->count, sizeof(long), by_value);
  printf(",\"%s\":{\"count\":%zu", name, s->count);
  if (s->count) {
    static const double shares[] = {0.5, 0.9, 0.99, 0.999};
    static const char *names[] = {"p50", "p90", "p99", "p999"};
    for (int i = 0; i < 4; i++) printf(",\"%s\":%ld", names[i], s->at[(size_t)((double)(s->count - 1) * shares[i])]);
    printf(",\"max\":%ld", s->at[s->count - 1]);
  }
  printf("}");
}

static void watch(Connection *c, unsigned events, int how) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  epoll_ctl(poller, how, c->fd, &event);
}

static void dial(Connection *c) {
  int one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address)) { perror("load"); exit(1); }
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  watch(c, EPOLLIN, EPOLL_CTL_ADD);
}

static void ask(Connection *c, long due) {
  c->busy = true;
  c->in_body = c->chunked = c->done_seen = false;
  c->head_used = c->events = 0;
  memset(c->tail, 0, TAIL);
  c->due = due;
  c->last = 0;
  if (send(c->fd, request, request_size, MSG_NOSIGNAL) != (ssize_t)request_size) { perror("load: send"); exit(1); }
}

static void finish(Connection *c, bool well) {
  c->busy = false;
  if (well) {
    answered++;
    note(&latency, now_us() - c->due);
    if (streaming && c->done_seen) streams_done++;
  } else failed++;
  idle[idle_count++] = (int)(c - all);
}

static int count_events(const char *data, size_t size) {
  int found = 0;
  for (const char *at = data; (at = memmem(at, size - (size_t)(at - data), "data: ", 6)); at += 6) found++;
  return found;
}

// Returns true when the answer is whole.
static bool take_body(Connection *c, const char *data, size_t size) {
  if (!size) return !c->chunked && c->left <= 0;
  if (streaming) {
    long now = now_us();
    if (!c->last) note(&first, now - c->due);
    else note(&gaps, now - c->last);
    c->last = now;
    int found = count_events(data, size);
    c->events += found;
    events_seen += found;
    if (memmem(data, size, "[DONE]", 6)) c->done_seen = true;
  }
  if (!c->chunked) return (c->left -= (long)size) <= 0;
  // The end of a chunked body: the last bytes are "0\r\n\r\n" (no payload of ours looks so).
  if (size >= TAIL) memcpy(c->tail, data + size - TAIL, TAIL);
  else {
    memmove(c->tail, c->tail + size, TAIL - size);
    memcpy(c->tail + TAIL - size, data, size);
  }
  return memcmp(c->tail, "0\r\n\r\n", TAIL) == 0;
}

static bool take(Connection *c, const char *data, size_t size) {
  if (c->in_body) return take_body(c, data, size);
  size_t room = (size_t)(HEAD - 1 - c->head_used), copied = size < room ? size : room;
  int before = c->head_used;
  memcpy(c->head + before, data, copied);
  c->head_used += (int)copied;
  c->head[c->head_used] = 0;
  char *blank = strstr(c->head, "\r\n\r\n");
  if (!blank) {
    if (copied < size) { fprintf(stderr, "load: a head too long\n"); exit(1); }
    return false;
  }
  if (strncmp(c->head + 9, "200", 3) != 0) {
    if (!other_status++) fprintf(stderr, "load: %.600s\n", c->head);
  }
  c->in_body = true;
  char *length = strcasestr(c->head, "\r\ncontent-length:");
  c->chunked = !(length && length < blank);
  c->left = c->chunked ? 0 : strtol(length + 17, NULL, 10);
  size_t skipped = (size_t)(blank + 4 - c->head - before);
  return take_body(c, data + skipped, size - skipped);
}

static void read_some(Connection *c) {
  static char data[262144];
  ssize_t got = recv(c->fd, data, sizeof data, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got > 0) {
    if (c->busy && take(c, data, (size_t)got)) finish(c, true);
    return;
  }
  epoll_ctl(poller, EPOLL_CTL_DEL, c->fd, NULL);
  close(c->fd);
  dial(c);
  if (c->busy) finish(c, false);
}

static void poll_once(long wait_us) {
  struct epoll_event ready[512];
  struct pollfd waited = {.fd = poller, .events = POLLIN};
  struct timespec wait = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
  ppoll(&waited, 1, &wait, NULL);  // to the microsecond, which epoll_wait cannot
  int found = epoll_wait(poller, ready, 512, 0);
  for (int i = 0; i < found; i++) read_some(ready[i].data.ptr);
}

static void open_connections(int count) {
  connection_count = count;
  all = calloc((size_t)count, sizeof(Connection));
  for (int i = 0; i < count; i++) {
    dial(&all[i]);
    idle[idle_count++] = i;
  }
}

static void run_closed(long total) {
  long sent = 0;
  while (answered + failed < total) {
    while (idle_count && sent < total) {
      ask(&all[idle[--idle_count]], now_us());
      sent++;
    }
    poll_once(1000000);
  }
}

// Sends `total` requests, `every_us` apart, each on a connection that is free.
static void run_clock(long total, double every_us) {
  long sent = 0, begun = now_us(), last_due = begun;
  while (answered + failed < total) {
    long now = now_us();
    while (sent < total && begun + (long)((double)sent * every_us) <= now && idle_count) {
      last_due = begun + (long)((double)sent * every_us);
      ask(&all[idle[--idle_count]], last_due);
      sent++;
    }
    if (now - last_due > PATIENCE_US) return;
    long next = begun + (long)((double)sent * every_us) - now_us();
    poll_once(sent >= total || !idle_count ? 100000 : next > 0 ? next : 0);
  }
}

int main(int count, char **words) {
  if (count != 6) return fprintf(stderr, "usage: load closed|open|streams PORT FILE N M\n"), 2;
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  port = atoi(words[2]);
  FILE *file = fopen(words[3], "rb");
  if (!file) return perror(words[3]), 1;
  request = malloc(1 << 20);
  request_size = fread(request, 1, 1 << 20, file);
  poller = epoll_create1(0);
  long n = atol(words[4]), m = atol(words[5]), begun;
  if (strcmp(words[1], "closed") == 0) {
    open_connections((int)n);
    begun = now_us();
    run_closed(m);
  } else if (strcmp(words[1], "open") == 0) {
    open_connections(64);
    begun = now_us();
    run_clock(n * m, 1e6 / (double)n);
  } else {
    streaming = true;
    open_connections((int)n);
    begun = now_us();
    run_clock(n, (double)m * 1000.0 / (double)n);
  }
  long taken = now_us() - begun;
  printf("{\"seconds\":%.3f,\"answered\":%ld,\"failed\":%ld,\"other_status\":%ld,\"per_s\":%.1f", (double)taken / 1e6,
         answered, failed, other_status, (double)answered * 1e6 / (double)taken);
  print_series("latency_us", &latency);
  if (streaming) {
    printf(",\"streams_done\":%ld,\"events\":%ld", streams_done, events_seen);
    print_series("first_us", &first);
    print_series("gap_us", &gaps);
  }
  printf("}\n");
}
