#include "libs/bus/pipe_watch.h"

#include "libs/bus/nng_handles.h"

namespace peer_observer::bus {

void PipeWatch::attach(nng_socket socket)
{
    for (const auto event : {NNG_PIPE_EV_ADD_PRE, NNG_PIPE_EV_ADD_POST, NNG_PIPE_EV_REM_POST}) {
        check(nng_pipe_notify(socket, event, on_event, this), "cannot watch an nng socket");
    }
}

void PipeWatch::on_event(nng_pipe pipe, nng_pipe_ev event, void* watch) noexcept
{
    auto& self = *static_cast<PipeWatch*>(watch);
    const std::lock_guard lock{self.mutex_};
    const int id = nng_pipe_id(pipe);
    if (event == NNG_PIPE_EV_ADD_PRE) {
        self.pipes_.emplace(id, false);
        return;
    }
    const auto known = self.pipes_.find(id);
    if (known == self.pipes_.end()) return;
    if (event == NNG_PIPE_EV_ADD_POST) {
        known->second = true;
        self.callback_(pipe, true);
    } else {
        const bool was_usable = known->second;
        self.pipes_.erase(known);
        if (was_usable) self.callback_(pipe, false);
    }
}

} // namespace peer_observer::bus
