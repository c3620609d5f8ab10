//! What a request says beside who asks, in the directory's words.

use directory::{Circumstances, NetworkMethod, Ssid};
use radius::Question;

/// What is known of a request that proves itself by `method`.
pub(super) fn circumstances<C: Copy>(
    question: &Question<C>,
    method: NetworkMethod,
) -> Circumstances {
    let ssid = question.called_station_id().and_then(Ssid::of_station);
    Circumstances { method, port_type: question.nas_port_type(), ssid }
}
