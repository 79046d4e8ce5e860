#include "services/extractor/kernel_types.h"

#include "libs/base/c_handle.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <span>
#include <string_view>

namespace peer_observer::extractor {
namespace {

constexpr std::uint32_t kBitsPerByte = 8;

/// In bits. Looks into members without a name, too: there may be some around those that the kernel shuffles.
std::optional<std::uint32_t> member_offset(const btf& types, const btf_type& type, std::string_view name)
{
    const std::span members{btf_members(&type), btf_vlen(&type)};
    for (std::uint32_t i = 0; i < members.size(); ++i) {
        const std::uint32_t offset = btf_member_bit_offset(&type, i);
        const std::string_view found = btf__name_by_offset(&types, members[i].name_off);
        if (found == name) return offset;
        const btf_type* const inner = found.empty() ? btf__type_by_id(&types, members[i].type) : nullptr;
        if (inner == nullptr || !btf_is_composite(inner)) continue;
        if (const auto within = member_offset(types, *inner, name)) return offset + *within;
    }
    return std::nullopt;
}

} // namespace

std::optional<TaskOffsets> find_task_offsets()
{
    if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_current_task_btf, nullptr) != 1) return std::nullopt;
    const base::CHandle<btf, btf__free> types{btf__load_vmlinux_btf()};
    if (!types) return std::nullopt;
    const auto id = btf__find_by_name_kind(types.get(), "task_struct", BTF_KIND_STRUCT);
    if (id < 0) return std::nullopt;
    const btf_type& task = *btf__type_by_id(types.get(), static_cast<std::uint32_t>(id));
    const auto group_leader = member_offset(*types, task, "group_leader");
    const auto start_boottime = member_offset(*types, task, "start_boottime");
    if (!group_leader || !start_boottime) return std::nullopt;
    return TaskOffsets{*group_leader / kBitsPerByte, *start_boottime / kBitsPerByte};
}

} // namespace peer_observer::extractor
