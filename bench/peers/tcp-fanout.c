/*
 * The bare peers of the fan-out benchmark, so that what is measured is the gateway and not them.
 *
 *   tcp-fanout send FILE VIEWERS            one send() a picture and viewer, nothing else
 *   tcp-fanout receive PORT VIEWERS HELLO   connects, says HELLO (a file), reads everything, counts
 *
 * FILE holds pictures, each behind its length (4 bytes, big endian); it is sent round and round at
 * 25 pictures a second. Both print one line of JSON when told to by a line on standard input:
 * "mark" gives the totals so far, end of file ends.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define PICTURE_NS 40000000L
#define READ_BYTES (256 * 1024)

static uint64_t total_bytes;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Answers the lines that wait on standard input; returns 0 at its end. */
static int answer_marks(void) {
  char line[64];
  ssize_t length = read(0, line, sizeof line);
  if (length == 0) return 0;
  for (ssize_t at = 0; at < length; at++)
    if (line[at] == '\n')
      printf("{\"cpuSeconds\": %.6f, \"bytes\": %llu}\n", cpu_seconds(), (unsigned long long)total_bytes);
  fflush(stdout);
  return 1;
}

static char *read_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path);
  fseek(file, 0, SEEK_END);
  *length = ftell(file);
  rewind(file);
  char *bytes = malloc(*length + 1);
  if (!bytes || fread(bytes, 1, *length, file) != *length) fail(path);
  fclose(file);
  return bytes;
}

static int send_pictures(const char *path, int viewers) {
  size_t length;
  char *bytes = read_file(path, &length);
  int *sockets = malloc(sizeof(int) * viewers);
  int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, viewers)) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("{\"port\": %d}\n", ntohs(address.sin_port));
  fflush(stdout);
  for (int i = 0; i < viewers; i++) {
    sockets[i] = accept(listener, NULL, NULL);
    if (sockets[i] < 0) fail("accept");
    setsockopt(sockets[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  struct itimerspec pace = {.it_interval = {0, PICTURE_NS}, .it_value = {0, PICTURE_NS}};
  timerfd_settime(timer, 0, &pace, NULL);
  struct pollfd events[2] = {{.fd = 0, .events = POLLIN}, {.fd = timer, .events = POLLIN}};
  for (size_t at = 0;;) {
    if (poll(events, 2, -1) < 0) fail("poll");
    if (events[0].revents && !answer_marks()) return 0;
    if (!events[1].revents) continue;
    uint64_t ticks;
    if (read(timer, &ticks, sizeof ticks) != sizeof ticks) fail("timer");
    for (; ticks > 0; ticks--) {
      const unsigned char *head = (unsigned char *)bytes + at;
      size_t picture = (size_t)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
      for (int i = 0; i < viewers; i++) {
        ssize_t sent = send(sockets[i], head + 4, picture, MSG_NOSIGNAL);
        if (sent < 0) fail("send");
        total_bytes += sent;
      }
      at = at + 4 + picture >= length ? 0 : at + 4 + picture;
    }
  }
}

static int receive(int port, int viewers, const char *hello_path) {
  size_t length;
  char *hello = read_file(hello_path, &length);
  char *buffer = malloc(READ_BYTES);
  int epoll = epoll_create1(0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
  for (int i = 0; i < viewers; i++) {
    int one = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(one, (struct sockaddr *)&address, sizeof address)) fail("connect");
    if (length > 0 && write(one, hello, length) != (ssize_t)length) fail("hello");
    fcntl(one, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = one};
    epoll_ctl(epoll, EPOLL_CTL_ADD, one, &event);
  }
  struct epoll_event input = {.events = EPOLLIN, .data.fd = 0};
  epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input);
  printf("{\"connected\": %d}\n", viewers);
  fflush(stdout);
  struct epoll_event events[256];
  for (;;) {
    int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd == 0) {
        if (!answer_marks()) return 0;
        continue;
      }
      ssize_t got = read(events[i].data.fd, buffer, READ_BYTES);
      if (got > 0) total_bytes += got;
      else if (got == 0 || errno != EAGAIN) close(events[i].data.fd); /* shows in the bytes */
    }
  }
}

int main(int argc, char **argv) {
  if (argc == 4 && !strcmp(argv[1], "send")) return send_pictures(argv[2], atoi(argv[3]));
  if (argc == 5 && !strcmp(argv[1], "receive")) return receive(atoi(argv[2]), atoi(argv[3]), argv[4]);
  fprintf(stderr, "usage: tcp-fanout send FILE VIEWERS | receive PORT VIEWERS HELLO\n");
  return 2;
}
