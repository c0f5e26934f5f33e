/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What executors and views share: faults, checks of lists, realloc. */
#include "component/abi/abi.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    enum engine_end end;
    const char *name;
    const char *words;
} faults[ABI_FAULTS] = {[ABI_FAULT_NONE] = {ENGINE_END_RETURNED, "none", "nothing is wrong"},
#define XX(name, end, text, words) [ABI_FAULT_##name] = {ENGINE_END_##end, text, words},
                        ABI_FAULT_MAP(XX)
#undef XX
};

enum engine_end abi_fault_end(enum abi_fault_kind kind) {
    return faults[kind].end;
}

const char *abi_fault_name(enum abi_fault_kind kind) {
    return faults[kind].name;
}

int abi_fault_error(enum abi_fault_kind kind) {
    switch (kind) {
    case ABI_FAULT_NOMEM: return ARCELLA_E_NOMEM;
    case ABI_FAULT_HANDLES_FULL:
    case ABI_FAULT_COPY_BUDGET: return ARCELLA_E_LIMIT;
    case ABI_FAULT_VALUE: return ARCELLA_E_INVALID;
    default: return ARCELLA_E_STATE;
    }
}

int abi_fault(struct abi_call *call, enum abi_fault_kind kind, const char *format, ...) {
    if (call->fault.kind != ABI_FAULT_NONE)
        return ABI_FAULT;
    call->fault.kind = kind;
    if (!format) {
        snprintf(call->fault.message, sizeof(call->fault.message), "%s", faults[kind].words);
        return ABI_FAULT;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(call->fault.message, sizeof(call->fault.message), format, arguments);
    va_end(arguments);
    return ABI_FAULT;
}

int abi_fault_budget(struct abi_call *call, uint64_t bytes) {
    return abi_fault(call, ABI_FAULT_COPY_BUDGET,
                     "the call copies more than its budget: %llu bytes more, %llu of %llu are left",
                     (unsigned long long)bytes, (unsigned long long)call->copy_bytes_left,
                     (unsigned long long)call->copy_bytes_max);
}

bool abi_inside_now(struct abi_guest *guest, uint32_t pointer, uint64_t bytes) {
    if (guest->look)
        guest->look(guest);
    return bytes <= guest->memory.size && pointer <= guest->memory.size - bytes;
}

int abi_check_list(struct abi_call *call, struct abi_guest *guest, const struct type *list, uint32_t pointer,
                   uint32_t count) {
    uint64_t bytes = (uint64_t)count * list->entry_size;
    if (UNLIKELY(bytes > LIMIT_STRING_BYTES))
        return abi_fault(call, ABI_FAULT_LENGTH,
                         "a list of %u elements takes %llu bytes, at most %u are allowed", count,
                         (unsigned long long)bytes, LIMIT_STRING_BYTES);
    if (UNLIKELY(pointer & (list->entry_align - 1u)))
        return abi_fault(call, ABI_FAULT_UNALIGNED,
                         "unaligned pointer %#x to a list, expected a multiple of %u", pointer,
                         list->entry_align);
    if (UNLIKELY(!abi_inside(guest, pointer, bytes)))
        return abi_fault(call, ABI_FAULT_LIST_BOUNDS,
                         "list content out of bounds: %llu bytes at %#x, the memory has %llu",
                         (unsigned long long)bytes, pointer, (unsigned long long)guest->memory.size);
    return abi_charge(call, bytes);
}

int abi_fault_realloc(struct abi_call *call, const struct abi_guest *guest, uint32_t align, uint32_t bytes,
                      uint32_t pointer) {
    if (pointer & (align - 1))
        return abi_fault(call, ABI_FAULT_REALLOC_UNALIGNED, "realloc returned %#x, expected a multiple of %u",
                         pointer, align);
    return abi_fault(call, ABI_FAULT_REALLOC_BOUNDS,
                     "realloc returned %#x for %u bytes, beyond the end of memory (%llu bytes)", pointer,
                     bytes, (unsigned long long)guest->memory.size);
}
