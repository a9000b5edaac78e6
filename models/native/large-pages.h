// Large pages for the memory of this process, on Linux. Not of the index alone: a request looks at product rows, tables and graph all over
// some hundred megabytes, and with pages of 4 KiB most of those looks miss the processor's cache of page addresses too.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // Linux 6.1; older C libraries do not name it.
#endif

namespace vitrine {

constexpr size_t LARGE_PAGE = size_t(2) << 20;
/** Smaller pieces of memory are not worth it, among them the stacks of threads. */
constexpr size_t SMALLEST_MAPPING = 2 * LARGE_PAGE + 1;
constexpr size_t SMALL_PAGE = 4096;
/** Of the small pages of a large one, so many must be in use: the others begin to take memory. */
constexpr int LEAST_IN_USE = 480;

/** Whether whoever runs the machine has forbidden large pages. */
inline bool are_large_pages_forbidden() {
  FILE* file = std::fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
  if (file == nullptr) return true;
  char text[128] = {};
  const bool is_read = std::fgets(text, sizeof text, file) != nullptr;
  std::fclose(file);
  return !is_read || std::strstr(text, "[never]") != nullptr;
}

/** Memory that is this process's own to read and write and stands behind no file. */
inline std::vector<std::pair<uintptr_t, uintptr_t>> own_mappings() {
  std::vector<std::pair<uintptr_t, uintptr_t>> found;
  FILE* file = std::fopen("/proc/self/maps", "r");
  if (file == nullptr) return found;
  char line[512];
  while (std::fgets(line, sizeof line, file) != nullptr) {
    unsigned long from = 0, to = 0, offset = 0, inode = 0;
    char access[8] = {}, device[16] = {};
    int end = 0;
    if (std::sscanf(line, "%lx-%lx %7s %lx %15s %lu %n", &from, &to, access, &offset, device, &inode, &end) < 6) continue;
    const bool is_named = line[end] != '\0' && std::strncmp(line + end, "[heap]", 6) != 0;
    if (std::strcmp(access, "rw-p") != 0 || inode != 0 || is_named || to - from < SMALLEST_MAPPING) continue;
    found.emplace_back(from, to);
  }
  std::fclose(file);
  return found;
}

/**
 * Puts memory that is in use onto large pages; returns how many bytes that were. Whoever touches a page meanwhile waits for it, about a
 * millisecond. Nothing happens where the kernel cannot or may not.
 */
inline size_t use_large_pages() {
  if (are_large_pages_forbidden()) return 0;
  size_t bytes = 0;
  unsigned char is_in_use[LARGE_PAGE / SMALL_PAGE];
  for (const auto& [from, to] : own_mappings()) {
    for (uintptr_t page = (from + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE; page + LARGE_PAGE <= to; page += LARGE_PAGE) {
      void* memory = reinterpret_cast<void*>(page);
      if (mincore(memory, LARGE_PAGE, is_in_use) != 0) continue;
      int in_use = 0;
      for (const unsigned char state : is_in_use) in_use += state & 1;
      if (in_use < LEAST_IN_USE) continue;
      if (madvise(memory, LARGE_PAGE, MADV_COLLAPSE) == 0) bytes += LARGE_PAGE;
      else if (errno == EINVAL) return bytes; // A kernel that does not know it.
    }
  }
  return bytes;
}

} // namespace vitrine
