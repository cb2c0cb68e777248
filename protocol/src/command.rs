//! THE TABLE: one row declares a command. Parser, encoder, usage, `HELP`, completion, the tables
//! of `protocol.md` and their tests all come from it.

use crate::field::{Cursor, Field, Rest, Verb, put_option};
use crate::grammar::{SyntaxError, Words};
use crate::table::{Arg, Gate, Spec, commands};
use crate::value::{
    AdId, Amount, BookingId, Count, EventId, Kind, Listing, LongText, Md5, MessageId, NoticeId, Opaque,
    PasswordDigest, Price, Remark, Role, RoomName, SessionId, Sha256, Size, Sort, Speech, Ticket, Time,
    TitleId, TitleName, Topic, UserName, YesNo,
};

commands! {
    /// Opens an account and logs in to it.
    /// The password is never sent: its MD5 is. A name is unique whatever its case. An invite code makes
    /// the account an admin where the code says so.
    Register "REGISTER" (name: UserName, password: PasswordDigest) [invite: Ticket]
        Guest, "230 OK user= role= balance= member-until= token=",
        "REGISTER anna 1a79a4d60de6718e8e5b326e338ae533";

    /// Logs in.
    /// The token opens further connections of the same session with RESUME.
    Login "LOGIN" (name: UserName, password: PasswordDigest) []
        Guest, "230 OK user= role= balance= member-until= token=",
        "LOGIN anna 1a79a4d60de6718e8e5b326e338ae533";

    /// Joins a session on this connection, without the password.
    Resume "RESUME" (token: Ticket) []
        Guest, "230 OK user= role= balance= member-until= token=",
        "RESUME 3c852be22b5949b19dac10447f973995e534bcc8";

    /// Says what the server can do.
    Caps "CAPS" () []
        Guest, "250 OK caps=", "CAPS";

    /// Explains the commands that you may give, or one of them.
    Help "HELP" (verb: Option<Verb>) [after: Opaque, limit: Count]
        Guest, "rows verb= usage= text= [answer= example= who=], 210 END rows= [next=]", "HELP RETR";

    /// Does nothing; keeps a connection open.
    Noop "NOOP" () []
        Guest, "250 OK", "NOOP";

    /// Says good bye; the session stays.
    Quit "QUIT" () []
        Guest, "221 BYE", "QUIT";

    /// Ends the session: its token dies and every connection of it is a guest again.
    Logout "LOGOUT" () []
        User, "250 OK", "LOGOUT";

    /// Changes the password; the other sessions of the account end.
    Passwd "PASSWD" (old: PasswordDigest, new: PasswordDigest) []
        User, "250 OK",
        "PASSWD 1a79a4d60de6718e8e5b326e338ae533 5f4dcc3b5aa765d61d8327deb882cf99";

    /// Says who you are and what you have.
    Whoami "WHOAMI" () []
        User, "250 OK user= role= balance= member-until=", "WHOAMI";

    /// Lists your sessions; an admin sees everybody who is on.
    Sessions "SESSIONS" () [after: Opaque, limit: Count]
        User, "rows session= user= from= since= doing=, 210 END rows=", "SESSIONS";

    /// Ends one of your sessions; an admin ends anybody's.
    Kick "KICK" (session: SessionId) []
        User, "250 OK", "KICK 7";

    /// Lists titles.
    /// Without `sort` by number; `next` of one page is `after` of the following one.
    List "LIST" (which: Option<Listing>) [sort: Sort, after: Opaque, limit: Count]
        User, "rows id= kind= price= member-price= size= md5= author= at= title= [owned=yes], 210 END rows= [next=]",
        "LIST PAID sort=new limit=10";

    /// Finds titles by words in their names.
    /// Case has no meaning; Chinese is found by any part of a name.
    Search "SEARCH" (text: Rest) [after: Opaque, limit: Count]
        User, "rows as LIST, 210 END rows= [next=]", "SEARCH green tea";

    /// Deletes a title: users no longer see it, who bought it may still fetch it.
    /// Admins delete any title, users their own on the shelf. A download that runs goes on.
    Dele "DELE" (id: TitleId) []
        User, "250 OK", "DELE 7";

    /// Shows one title.
    Info "INFO" (id: TitleId) [after: Opaque, limit: Count]
        User, "one row as LIST with fetched= [deleted=yes] [purged=yes] description= granted= owned=, 210 END rows=1", "INFO 7";

    /// Uploads a file.
    /// Wait for the answer, then send exactly the bytes it asks for, then wait for the final status.
    /// What is known here already may be proven instead (350 PROVE), unless you say prove=no.
    Stor "STOR" (size: Size, md5: Md5)
        [title: TitleName, kind: Kind, price: Price, member_price: Price, description: LongText, sha256: Sha256,
         resume: YesNo, prove: YesNo, key: Opaque]
        User, "150 SEND offset= length=, bytes, 226 STORED id= | 350 PROVE nonce= ranges=",
        "STOR 5 5d41402abc4b2a76b9719d911017c592 title=\"Green tea\" kind=PAID price=10.00";

    /// Shows that you have the file that STOR named, so that its bytes need not be sent.
    /// The proof is the MD5 of the nonce's text followed by the bytes of the ranges, in their order.
    Prove "PROVE" (proof: Md5) []
        User, "226 STORED id= | 551 PROOF_FAILED", "PROVE 0f343b0931126a20f133d67c2b018a3b";

    /// Downloads a file, or a part of it.
    /// A free title may ask you to wait first; a paid one has to be bought.
    Retr "RETR" (id: TitleId) [offset: Size, length: Size]
        User, "150 DATA offset= length= size= md5=, bytes, 226 DONE | 350 WAIT seconds= ad= | 552 NEED_PAY price=",
        "RETR 7 offset=0 length=1048576";

    /// Says how much of the file shelf you fill, and may fill; an admin asks for others and sets it.
    Quota "QUOTA" (name: Option<UserName>) [bytes: Size, titles: Size]
        User, "250 OK user= used-bytes= bytes= used-titles= titles=", "QUOTA anna bytes=1073741824 titles=100";

    /// Buys a title, once and for ever.
    /// Name the price that you were shown: if it has changed, nothing is taken.
    Buy "BUY" (id: TitleId) [price: Price, key: Opaque]
        User, "250 OK balance= paid= | 250 OWNED balance= paid=0.00", "BUY 7 price=10.00 key=order-1";

    /// Puts money into your wallet.
    Topup "TOPUP" (amount: Amount) [key: Opaque]
        User, "250 OK balance=", "TOPUP 20.00 key=topup-1";

    /// Buys membership, or makes it longer.
    Member "MEMBER" (periods: Option<Count>) [price: Price, key: Opaque]
        User, "250 OK balance= paid= member-until=", "MEMBER 1 price=30.00";

    /// Lists your downloads, the newest first.
    History "HISTORY" () [after: Opaque, limit: Count]
        User, "rows at= id= title= how= bytes= done= size=, 210 END rows= [next=]", "HISTORY limit=20";

    /// Lists what came into your wallet and went out of it, the newest first.
    Statement "STATEMENT" () [after: Opaque, limit: Count]
        User, "rows at= amount= balance= why= [id=] [note=], 210 END rows= [next=]", "STATEMENT";

    /// Turns a code that an admin sold or gave away into money.
    Redeem "REDEEM" (code: Ticket) [key: Opaque]
        User, "250 OK balance= amount= | 553 CODE_USED", "REDEEM 7QK2ZP-XW40CN-9M3TGA-5RB8VD";

    /// Lists what membership costs, for every length that is sold.
    Prices "PRICES" () [after: Opaque, limit: Count]
        User, "rows periods= days= price=, 210 END rows=", "PRICES";

    /// Lists the events: what there is to go to, and how many seats are left.
    Events "EVENTS" () [after: Opaque, limit: Count]
        User, "rows id= name= seats= left= price= starts= [each=] [called-off=yes], 210 END rows= [next=]", "EVENTS";

    /// Shows one event.
    Event "EVENT" (id: EventId) [after: Opaque, limit: Count]
        User, "one row as EVENTS, 210 END rows=1", "EVENT 3";

    /// Books seats of an event, until it starts.
    /// Name the price of a seat that you were shown: if it has changed, nothing is taken.
    Book "BOOK" (id: EventId, seats: Count) [price: Price, key: Opaque]
        User, "250 OK booking= left= balance= paid= | 552 SOLD_OUT left= | 553 STARTED", "BOOK 3 2 price=8.00 key=seats-1";

    /// Lists your bookings, the newest first.
    Bookings "BOOKINGS" () [after: Opaque, limit: Count]
        User, "rows booking= event= name= seats= paid= at= starts= [called-off=yes], 210 END rows= [next=]", "BOOKINGS";

    /// Gives the seats of a booking back, until the event starts; what was paid is paid back.
    Cancel "CANCEL" (booking: BookingId) [key: Opaque]
        User, "250 OK booking= left= balance= paid=0.00 | 553 STARTED", "CANCEL 12";

    /// Lists the notices, the newest first.
    Notices "NOTICES" () [after: Opaque, limit: Count]
        User, "rows id= at= author= title= text=, 210 END rows= [next=]", "NOTICES limit=5";

    /// Shows one notice.
    Notice "NOTICE" (id: NoticeId) [after: Opaque, limit: Count]
        User, "one row as NOTICES, 210 END rows=1", "NOTICE 3";

    /// Asks to be told of things as they happen; replaces what was watched, nothing without a word.
    /// A new notice comes as `* notice id= title=`, between replies. `lounge` is what happens in the rooms
    /// that this connection has joined; without it one stays in them and is told nothing.
    Watch "WATCH" (first: Option<Topic>, second: Option<Topic>) []
        User, "250 OK", "WATCH notices";

    /// Looks a word up in every dictionary, and keeps that you did.
    /// Case and surrounding space have no meaning. A long entry comes in pieces, part=1, part=2 and so on. A word
    /// that is nowhere is answered with words that are near it.
    Define "DEFINE" (word: Rest) [after: Opaque, limit: Count]
        User, "rows word= text= dict= [part=], 210 END rows= [next=] | 550 NOT_FOUND near=", "DEFINE green tea";

    /// Lists the words that begin so, with the beginning of what each means.
    Match "MATCH" (prefix: Rest) [after: Opaque, limit: Count]
        User, "rows word= text= dict=, 210 END rows= [next=] | 550 NOT_FOUND near=", "MATCH gree limit=10";

    /// Lists what you looked up, the newest first; 10 unless limit= says more.
    Lookups "LOOKUPS" () [after: Opaque, limit: Count]
        User, "rows user= word= at=, 210 END rows= [next=]", "LOOKUPS limit=50";

    /// Enters a chat room, `lounge` where none is named, and watches it.
    /// The last 50 messages, or as few as limit= says, come as rows, the oldest first. From then on events
    /// tell what happens there: `* said id= room= who= role= at= text=`, `* joined room= who=`,
    /// `* left room= who=`; and `* lost room= missed=` when you read too slowly and are out of the room.
    Join "JOIN" (room: Option<RoomName>) [limit: Count]
        User, "rows id= room= who= role= at= text=, 250 OK room= members=", "JOIN lounge";

    /// Leaves a chat room.
    Leave "LEAVE" (room: Option<RoomName>) []
        User, "250 OK", "LEAVE lounge";

    /// Says something to all in a room that this connection has joined, yourself included.
    /// What an admin says goes to every room that has members, joined or not.
    Say "SAY" (room: RoomName, text: Speech) []
        User, "250 OK | 429 THROTTLED retry= | 550 MUTED until=", "SAY lounge \"Who has seen the film?\"";

    /// Lists who is in a chat room.
    Who "WHO" (room: Option<RoomName>) [after: Opaque, limit: Count]
        User, "rows who= role= since=, 210 END rows= [next=]", "WHO lounge";

    /// Lists the chat rooms in which somebody is.
    Rooms "ROOMS" () [after: Opaque, limit: Count]
        User, "rows room= members=, 210 END rows= [next=]", "ROOMS";

    /// Reports a message to the admins, who get a copy of it. One of the last 50 of its room.
    Report "REPORT" (id: MessageId) [why: Remark]
        User, "250 OK", "REPORT 17 why=\"an insult\"";

    /// Deletes your account for good: what you bought and what is in your wallet goes with it.
    /// The ledger keeps its rows without your name.
    Unregister "UNREGISTER" (password: PasswordDigest) []
        User, "250 OK", "UNREGISTER 1a79a4d60de6718e8e5b326e338ae533";

    /// Sets a forgotten password anew, with the code that an admin got from RESET.
    Recover "RECOVER" (name: UserName, code: Ticket, password: PasswordDigest) []
        Guest, "230 OK user= role= balance= member-until= token=",
        "RECOVER anna 7QK2ZP-XW40CN-9M3TGA-5RB8VD 5f4dcc3b5aa765d61d8327deb882cf99";

    /// Changes a title.
    Edit "EDIT" (id: TitleId)
        [title: TitleName, kind: Kind, price: Price, member_price: Price, description: LongText]
        Admin, "250 OK", "EDIT 7 price=8.00 member-price=4.00";

    /// Brings a deleted title back. LIST DELETED shows which there are; those with purged=yes are gone for good.
    Undele "UNDELE" (id: TitleId) []
        Admin, "250 OK", "UNDELE 7";

    /// Posts a notice.
    Post "POST" (title: TitleName, text: LongText) []
        Admin, "250 OK id=", "POST \"Film night\" \"Friday at eight.\"";

    /// Puts an event on.
    /// `seats` has to be named; `each` is how many seats one account may book.
    Stage "STAGE" (name: TitleName) [seats: Count, price: Price, starts: Time, each: Count, key: Opaque]
        Admin, "250 OK id=", "STAGE \"Film night\" seats=40 price=8.00 starts=2026-12-24T20:00:00+01:00";

    /// Lists who has booked an event.
    Attendees "ATTENDEES" (id: EventId) [after: Opaque, limit: Count]
        Admin, "rows booking= user= seats= paid= at=, 210 END rows= [next=]", "ATTENDEES 3";

    /// Calls an event off: nobody can book it any more, and everybody is paid back.
    Calloff "CALLOFF" (id: EventId) [why: Remark]
        Admin, "250 OK refunded=", "CALLOFF 3 why=\"the projector broke\"";

    /// Finds accounts by a part of the name, or lists them all.
    Users "USERS" (text: Option<Rest>) [after: Opaque, limit: Count]
        Admin, "rows user= role= balance= member-until= locked= seen=, 210 END rows= [next=]", "USERS ann";

    /// Locks an account, at once: its connections end, its tokens die, its transfers stop.
    Lock "LOCK" (name: UserName) [why: Remark]
        Admin, "250 OK | 553 LAST_ADMIN", "LOCK ben why=\"sells copies\"";

    /// Lets a locked account back.
    Unlock "UNLOCK" (name: UserName) []
        Admin, "250 OK", "UNLOCK ben";

    /// Makes a code with which somebody can register.
    Invite "INVITE" () [role: Role, days: Count, uses: Count]
        Admin, "250 OK code=", "INVITE role=admin days=3 uses=1";

    /// Makes a code with which the owner of an account can set a forgotten password anew, once.
    Reset "RESET" (name: UserName) []
        Admin, "250 OK code=", "RESET anna";

    /// Mints codes that are worth money.
    /// Fewer rows than codes are given with a key only: with it, the same command gives the other pages.
    Voucher "VOUCHER" (amount: Amount) [count: Count, days: Count, key: Opaque, after: Opaque, limit: Count]
        Admin, "rows code= amount=, 210 END rows= [next=]", "VOUCHER 10.00 count=3";

    /// Puts money into somebody's wallet.
    Credit "CREDIT" (name: UserName, amount: Amount) [note: Remark, key: Opaque]
        Admin, "250 OK balance=", "CREDIT anna 5.00 note=\"won the quiz\" key=quiz-1";

    /// Takes a bought title back and pays back what it cost.
    Refund "REFUND" (name: UserName, id: TitleId) [key: Opaque]
        Admin, "250 OK balance=", "REFUND anna 7";

    /// Lists the ads.
    Ads "ADS" () [after: Opaque, limit: Count]
        Admin, "rows id= text= link= weight= on= shown=, 210 END rows= [next=]", "ADS";

    /// Adds an ad. One of weight 2 has its turn twice as often as one of weight 1.
    Ad "AD" (text: LongText) [link: Remark, weight: Count]
        Admin, "250 OK id=", "AD \"Tea at the corner\" link=https://tea.example weight=2";

    /// Changes an ad, or takes it out of the turn and back.
    Adset "ADSET" (id: AdId) [text: LongText, link: Remark, weight: Count, on: YesNo]
        Admin, "250 OK", "ADSET 3 on=no";

    /// Takes the word from somebody in all chat rooms, for so many minutes or until UNMUTE.
    Mute "MUTE" (name: UserName) [minutes: Count, why: Remark]
        Admin, "250 OK until=", "MUTE ben minutes=60 why=\"shouts\"";

    /// Gives somebody the word back.
    Unmute "UNMUTE" (name: UserName) []
        Admin, "250 OK", "UNMUTE ben";

    /// Lists the messages that were reported, the newest report first.
    Reports "REPORTS" () [after: Opaque, limit: Count]
        Admin, "rows id= at= by= message= room= who= said-at= text= why=, 210 END rows= [next=]",
        "REPORTS limit=20";

    /// Lists what admins have done, the newest first.
    Audit "AUDIT" () [after: Opaque, limit: Count]
        Admin, "rows at= user= deed= object= from=, 210 END rows= [next=]", "AUDIT limit=20";

    /// Numbers: totals, and by day for the last `days`.
    Stats "STATS" () [days: Count, after: Opaque, limit: Count]
        Admin, "rows name= value= [day=] [id= title=], 210 END rows= [next=]", "STATS days=7";
}

/// The row for `verb`, whatever its case.
pub fn find(verb: &str) -> Option<&'static Spec> {
    TABLE.iter().find(|spec| spec.verb.eq_ignore_ascii_case(verb))
}

impl Command {
    /// Reads a whole line, verb and all. For tests and clients: a server looks at the role of the
    /// verb before it reads on.
    ///
    /// # Errors
    /// No words, an unknown verb, wrong words.
    pub fn parse(words: &Words<'_>) -> Result<Command, SyntaxError> {
        let spec = words.plain.first().and_then(|verb| find(&verb.text));
        Command::read(spec.ok_or_else(|| SyntaxError::at(1, "a command"))?, words)
    }

    /// The line that says it, without an end.
    pub fn line(&self) -> String {
        let mut line = self.spec().verb.to_owned();
        self.write_arguments(&mut line);
        line
    }
}
