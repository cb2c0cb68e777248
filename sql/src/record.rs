//! One declaration a table: the struct, its column list, how a row becomes it, and the four statements that every
//! table needs. What is more than that stands in the file of the column it belongs to.

/// Declares a table once.
///
/// ```
/// sql::record! {
///     /// A member of the club.
///     pub struct Account in "account" {
///         id: i64,
///         /// As it was typed when joining.
///         name: String,
///         locked_at: Option<i64>,
///     }
/// }
/// assert_eq!(Account::SELECT, "SELECT id, name, locked_at FROM account");
/// ```
///
/// A first field `id` makes it a table with a number of its own, and gives `get`, `insert` (which leaves `id` to the
/// database and returns it) and `update` (of all columns, by `id`). Without one there is `insert` alone, of all
/// columns. Field names are column names and must be reserved in neither engine's SQL; a field's type needs
/// [`FromValue`](crate::FromValue), `Clone` and `Into<Value>`.
#[macro_export]
macro_rules! record {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident in $table:literal {
            $(#[$id_meta:meta])* id : $id:ty
            $(, $(#[$field_meta:meta])* $field:ident : $type:ty)+ $(,)?
        }
    ) => {
        $crate::record! { @struct
            $(#[$meta])* $vis $name $table {
                $(#[$id_meta])* #[doc = "The number the database gave it."] id: $id
                $(, $(#[$field_meta])* $field: $type)+
            }
        }

        impl $name {
            /// The row with this number.
            pub fn get(tx: &mut $crate::Tx<'_>, id: $id) -> ::std::result::Result<::std::option::Option<Self>, $crate::Error> {
                tx.one(
                    ::std::concat!("SELECT id", $(", ", ::std::stringify!($field),)+ " FROM ", $table, " WHERE id = ?"),
                    $crate::params![id],
                )
            }

            /// Writes a new row of all columns but `id`, and returns the `id` it got.
            pub fn insert(&self, tx: &mut $crate::Tx<'_>) -> ::std::result::Result<i64, $crate::Error> {
                const COLUMNS: &str = ::std::concat!("", $(", ", ::std::stringify!($field)),+).split_at(2).1;
                const MARKS: &str = ::std::concat!("", $($crate::record!(@mark $field)),+).split_at(2).1;
                const TEXT: &str = $crate::join!("INSERT INTO ", $table, " (", COLUMNS, ") VALUES (", MARKS, ")");
                tx.insert(TEXT, $crate::params![$(self.$field.clone()),+])
            }

            /// Writes all columns of the row with this `id`; returns how many rows there were, 1 or 0.
            pub fn update(&self, tx: &mut $crate::Tx<'_>) -> ::std::result::Result<u64, $crate::Error> {
                const COLUMNS: &str = ::std::concat!("", $(", ", ::std::stringify!($field), " = ?"),+).split_at(2).1;
                const TEXT: &str = $crate::join!("UPDATE ", $table, " SET ", COLUMNS, " WHERE id = ?");
                tx.execute(TEXT, $crate::params![$(self.$field.clone(),)+ self.id.clone()])
            }
        }
    };

    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident in $table:literal {
            $($(#[$field_meta:meta])* $field:ident : $type:ty),+ $(,)?
        }
    ) => {
        $crate::record! { @struct
            $(#[$meta])* $vis $name $table {
                $($(#[$field_meta])* $field: $type),+
            }
        }

        impl $name {
            /// Writes a new row.
            pub fn insert(&self, tx: &mut $crate::Tx<'_>) -> ::std::result::Result<(), $crate::Error> {
                const MARKS: &str = ::std::concat!("", $($crate::record!(@mark $field)),+).split_at(2).1;
                const TEXT: &str = $crate::join!("INSERT INTO ", $table, " (", $name::COLUMNS, ") VALUES (", MARKS, ")");
                tx.execute(TEXT, $crate::params![$(self.$field.clone()),+]).map(|_| ())
            }
        }
    };

    (@mark $field:ident) => { ", ?" };

    (@struct
        $(#[$meta:meta])* $vis:vis $name:ident $table:literal {
            $($(#[$field_meta:meta])* $field:ident : $type:ty),+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs)] // a column's name says most of it; a field has a comment where it does not
        $vis struct $name {
            $($(#[$field_meta])* pub $field: $type),+
        }

        impl $name {
            /// The table's name.
            pub const TABLE: &'static str = $table;
            /// The columns' names, in the order of the fields.
            pub const FIELDS: &'static [&'static str] = &[$(::std::stringify!($field)),+];
            /// The same as SQL text.
            pub const COLUMNS: &'static str = ::std::concat!("", $(", ", ::std::stringify!($field)),+).split_at(2).1;
            /// The statement that reads whole rows; append what it shall be narrowed by.
            pub const SELECT: &'static str = $crate::join!("SELECT ", $name::COLUMNS, " FROM ", $table);
        }

        impl $crate::FromRow for $name {
            fn from_row(row: &mut $crate::Row) -> ::std::result::Result<Self, $crate::Error> {
                ::std::result::Result::Ok(Self { $($field: row.take::<$type>()?),+ })
            }
        }
    };
}

/// Joins constant texts into one while compiling, which `concat!` does only for literals:
/// `const BY_NAME: &str = join!(Account::SELECT, " WHERE name = ?");`
#[macro_export]
macro_rules! join {
    ($($part:expr),+ $(,)?) => {{
        const PARTS: &[&str] = &[$($part),+];
        const LENGTH: usize = $crate::record::length(PARTS);
        const BYTES: [u8; LENGTH] = $crate::record::joined(PARTS);
        const TEXT: &str = match ::std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => panic!("joined texts are text"),
        };
        TEXT
    }};
}

#[doc(hidden)]
pub const fn length(parts: &[&str]) -> usize {
    let (mut sum, mut i) = (0, 0);
    while i < parts.len() {
        sum += parts[i].len();
        i += 1;
    }
    sum
}

#[doc(hidden)]
pub const fn joined<const N: usize>(parts: &[&str]) -> [u8; N] {
    let (mut bytes, mut at, mut i) = ([0; N], 0, 0);
    while i < parts.len() {
        let (part, mut j) = (parts[i].as_bytes(), 0);
        while j < part.len() {
            bytes[at] = part[j];
            at += 1;
            j += 1;
        }
        i += 1;
    }
    bytes
}
