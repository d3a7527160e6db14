//! Pick and exclude, several steps at once: everything that a server accepts of a list, in the server's order.
//!
//! A server names one value per hello, and its choice proves nothing about the others; a refusal proves that none of those
//! offered is accepted. Taken one after the other that is a round trip for each value. So each round guesses the next picks
//! and asks at once what is left after one, two, three of them: where the guess is right a round finds them all and their
//! order, and where it is wrong nothing that was answered is untrue.

use futures_util::future::join_all;

/// What one hello of a chain came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick<T> {
    /// The server chose this.
    Chosen(T),
    /// Nothing of what was offered.
    Nothing,
    /// It could not be told.
    Open,
}

/// Everything that is accepted of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome<T> {
    /// In the server's order of preference, where it has one; in that of the hellos otherwise.
    pub(super) accepted: Vec<T>,
    /// What no answer decided.
    pub(super) undecided: Vec<T>,
}

impl<T> Default for Outcome<T> {
    fn default() -> Self {
        Self {
            accepted: Vec::new(),
            undecided: Vec::new(),
        }
    }
}

/// Guesses the next picks: sorts what is left, likeliest first, and says how many of them will probably be picked.
pub(super) type Guess<'a, T> = &'a (dyn Fn(&mut Vec<T>, &[T]) -> usize + Sync);

/// Walks one list to its end.
///
/// `first` is how many hellos the first round has: one where nothing is known of the server, more where the guess is good.
#[expect(
    clippy::too_many_lines,
    reason = "one loop whose steps share all of its state"
)]
pub(super) async fn walk<T, F>(
    list: Vec<T>,
    first: usize,
    guess: Guess<'_, T>,
    ask: impl Fn(Vec<T>) -> F,
) -> Outcome<T>
where
    T: Copy + PartialEq,
    F: Future<Output = Pick<T>>,
{
    let mut remaining = list;
    let mut sorted: Vec<T> = Vec::new();
    // Accepted, but something that was left out of its hello may be preferred to it.
    let mut loose: Vec<T> = Vec::new();
    let mut width = first.max(1);
    while !remaining.is_empty() {
        let likely = guess(&mut remaining, &sorted).min(remaining.len());
        let (mut front, back): (Vec<T>, Vec<T>) = {
            let is_front = |index: usize, value: &T| index < likely || loose.contains(value);
            let mut front = Vec::new();
            let mut back = Vec::new();
            for (index, value) in remaining.iter().enumerate() {
                if is_front(index, value) {
                    front.push(*value);
                } else {
                    back.push(*value);
                }
            }
            (front, back)
        };
        // The last hello of a round leaves out all that is expected, unless there would be nothing in it.
        let most = front.len() + usize::from(!back.is_empty());
        let hellos = width.min(most).max(1);
        let offers: Vec<Vec<T>> = (0..hellos)
            .map(|left_out| {
                front[left_out.min(front.len())..]
                    .iter()
                    .chain(&back)
                    .copied()
                    .collect()
            })
            .collect();
        let picks = join_all(offers.iter().map(|offer| ask(offer.clone()))).await;
        let mut fresh = 0;
        let mut refused_from = None;
        for (left_out, pick) in picks.iter().enumerate() {
            match pick {
                Pick::Chosen(value) if sorted.contains(value) => {}
                Pick::Chosen(value) => {
                    // Exact where all that was left out has its place already.
                    if front[..left_out].iter().all(|it| sorted.contains(it)) {
                        fresh += usize::from(!loose.contains(value));
                        sorted.push(*value);
                        loose.retain(|it| it != value);
                    } else if !loose.contains(value) {
                        fresh += 1;
                        loose.push(*value);
                    }
                }
                Pick::Nothing => {
                    refused_from.get_or_insert(left_out);
                }
                Pick::Open => {
                    // Once is enough: whoever cannot be asked now will not be in the next round.
                    let undecided = remaining
                        .iter()
                        .copied()
                        .filter(|value| !sorted.contains(value) && !loose.contains(value))
                        .collect();
                    sorted.extend(loose);
                    return Outcome {
                        accepted: sorted,
                        undecided,
                    };
                }
            }
        }
        if let Some(left_out) = refused_from {
            front.truncate(left_out);
            remaining = front;
        }
        remaining.retain(|value| !sorted.contains(value));
        width = if fresh * 2 >= hellos {
            hellos.max(2) * 2
        } else {
            (fresh * 2).max(1)
        };
    }
    sorted.extend(loose);
    Outcome {
        accepted: sorted,
        undecided: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use proptest::prelude::*;

    use super::*;

    /// Walks against a server that has these, in this order.
    fn against(server: &[u8], list: Vec<u8>, first: usize, likely: usize) -> (Outcome<u8>, usize) {
        let asked = AtomicUsize::new(0);
        let outcome = futures_executor(walk(
            list,
            first,
            &|_: &mut Vec<u8>, _: &[u8]| likely,
            |offer: Vec<u8>| {
                asked.fetch_add(1, Ordering::Relaxed);
                let pick = server.iter().find(|value| offer.contains(value));
                let pick = pick.map_or(Pick::Nothing, |value| Pick::Chosen(*value));
                async move { pick }
            },
        ));
        (outcome, asked.into_inner())
    }

    fn futures_executor<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    proptest! {
        #[test]
        fn everything_is_found_in_the_servers_order(
            server in Just((0..24_u8).collect::<Vec<_>>()).prop_shuffle(),
            accepted in 0..24_usize,
            list in Just((0..24_u8).collect::<Vec<_>>()).prop_shuffle(),
            first in 1..8_usize,
            likely in 0..24_usize,
        ) {
            let (outcome, _) = against(&server[..accepted], list, first, likely);
            prop_assert_eq!(&outcome.accepted[..], &server[..accepted]);
            prop_assert!(outcome.undecided.is_empty());
        }
    }

    #[test]
    fn a_right_guess_costs_one_hello_each_and_one_refusal() {
        let (outcome, asked) = against(&[0, 1, 2, 3, 4], (0..50).collect(), 6, 5);
        assert_eq!(outcome.accepted, [0, 1, 2, 3, 4]);
        assert_eq!(asked, 6);
    }

    #[test]
    fn a_refusal_of_all_costs_one_hello() {
        assert_eq!(against(&[], (0..50).collect(), 1, 5).1, 1);
    }

    #[test]
    fn what_cannot_be_asked_stays_undecided() {
        let outcome = futures_executor(walk(
            vec![1, 2, 3],
            1,
            &|_: &mut Vec<i32>, _: &[i32]| 0,
            |offer: Vec<i32>| async move {
                if offer.contains(&2) {
                    Pick::Chosen(2)
                } else {
                    Pick::Open
                }
            },
        ));
        assert_eq!(outcome.accepted, [2]);
        assert_eq!(outcome.undecided, [1, 3]);
    }
}
