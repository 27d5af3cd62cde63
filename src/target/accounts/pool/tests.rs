//! Accounts are lent in turn, and nobody waits in vain.

use super::*;

const SOON: Duration = Duration::from_secs(20);

fn pool(count: usize) -> Arc<Pool> {
    let given = |index: usize| Given {
        user: Some(format!("user{index}")),
        password: Some("secret".to_owned()),
        access_token: None,
    };
    Pool::new(&(0..count).map(given).collect::<Vec<_>>())
}

fn needs(count: usize) -> Vec<Need> {
    vec![Need { actor: "alice".to_owned(), password: true, no_address: true, ..Need::default() }; count]
}

async fn take(pool: &Arc<Pool>, count: usize) -> Result<Vec<Loan>, Refused> {
    let needs = needs(count);
    pool.take(&needs.iter().collect::<Vec<_>>(), SOON).await
}

#[tokio::test]
async fn trials_that_need_two_of_three_take_turns() {
    let pool = pool(3);
    let trials = (0..40).map(|index| {
        let pool = Arc::clone(&pool);
        tokio::spawn(async move {
            let loans = take(&pool, 1 + index % 3).await.unwrap();
            let places: BTreeSet<usize> = loans.iter().map(|loan| loan.held.as_ref().unwrap().place).collect();
            assert_eq!(places.len(), loans.len(), "nobody gets one account twice");
            tokio::task::yield_now().await;
            loans.into_iter().for_each(Loan::give_back);
        })
    });
    for trial in trials.collect::<Vec<_>>() {
        trial.await.unwrap();
    }
    let state = pool.state();
    assert_eq!((state.free.len(), state.lent.len(), state.waiting.len()), (3, 0, 0));
}

#[tokio::test]
async fn who_needs_many_is_not_passed_over() {
    let pool = pool(2);
    let first = take(&pool, 1).await.unwrap();
    let both = tokio::spawn({
        let pool = Arc::clone(&pool);
        async move { take(&pool, 2).await.map(|loans| loans.len()) }
    });
    while pool.state().waiting.is_empty() {
        tokio::task::yield_now().await;
    }
    let one = needs(1);
    assert!(pool.take_now(&[&one[0]]).unwrap().is_none(), "somebody waits for it");
    first.into_iter().for_each(Loan::give_back);
    assert_eq!(both.await.unwrap(), Ok(2));
}

#[tokio::test]
async fn too_few_is_said_at_once_also_to_those_who_wait() {
    let pool = pool(2);
    let Err(Refused::Never(why)) = take(&pool, 3).await else { panic!("three of two") };
    assert!(why.starts_with("it needs 3 accounts at once; of the 2 of `--accounts`, 2 will do"), "{why}");
    let mut loans = take(&pool, 2).await.unwrap();
    let waits = tokio::spawn({
        let pool = Arc::clone(&pool);
        async move { take(&pool, 2).await.map(|loans| loans.len()) }
    });
    while pool.state().waiting.is_empty() {
        tokio::task::yield_now().await;
    }
    loans.pop().unwrap().lose(Loss::Broken, "its password is another".to_owned());
    let refused = waits.await.unwrap().unwrap_err();
    assert!(matches!(&refused, Refused::Broken(why) if why.contains("user1: its password is another")), "{refused:?}");
    drop(loans);
    assert_eq!(take(&pool, 1).await.unwrap().len(), 1, "a loan that is dropped comes back");
}

#[tokio::test]
async fn one_with_an_address_goes_to_whoever_does_not_mind() {
    let pool = pool(2);
    let mut loans = take(&pool, 1).await.unwrap();
    let place = loans[0].held().unwrap().place;
    loans[0].held().unwrap().not_clean = Some("x@threepid.test is still on it".to_owned());
    loans.pop().unwrap().give_back();
    let easy = Need { actor: "bob".to_owned(), ..Need::default() };
    let mut easy = pool.take(&[&easy], SOON).await.unwrap();
    assert_eq!(easy[0].held().unwrap().place, place);
    easy.pop().unwrap().give_back();
    let mut clean = take(&pool, 1).await.unwrap();
    assert_ne!(clean[0].held().unwrap().place, place);
    let Err(Refused::Never(why)) = take(&pool, 2).await else { panic!("only one is clean") };
    assert!(why.starts_with("it needs 2 accounts at once, without an address; of the 2"), "{why}");
    assert!(why.contains("1 will do; user0: x@threepid.test is still on it"), "{why}");
    assert_eq!(pool.notes().iter().filter(|note| note.contains("x@threepid.test")).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_when_nothing_comes_back() {
    let pool = pool(1);
    let loans = take(&pool, 1).await.unwrap();
    let begun = Instant::now();
    let refused = take(&pool, 1).await.unwrap_err();
    assert!(matches!(&refused, Refused::Stuck(why) if why.contains("1 of the 1 accounts")), "{refused:?}");
    assert_eq!(begun.elapsed().as_secs(), SOON.as_secs());
    drop(loans);
}
