//! `reel` 的命令行：`--help` 的说明和用错时的提示。

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What the program is.
pub const ABOUT: &str = "俱乐部会员与管理员共用的命令行";

/// What the flags are for, by the names of their fields.
pub const FLAGS: &[(&str, &str)] = &[
    ("profile", "配置文件中的一个配置，写作 @名称；选项和环境变量优先于它"),
    ("host", "服务器，写作 主机 或 主机:端口；默认 127.0.0.1，端口 2121，用 TLS 时 2122"),
    ("tls", "使用 TLS。没有机构担保的证书会显示出来，由您决定是否信任"),
    ("tls_pin", "使用 TLS，且只信任 SHA-256 为此值的证书"),
    ("plain", "不用 TLS 连接另一台机器：途中监听的人能看到密码和影片"),
    ("user", "启动时以此用户名登录"),
    ("remember", "为下次记住登录的哪些内容：会话、密码（连同会话）或不记；用配置时默认记住会话"),
    ("lang", "语言；默认由 LC_ALL、LC_MESSAGES 或 LANG 决定"),
    ("command", "执行一条命令后离开；可重复"),
    ("file", "执行文件中的命令；- 为标准输入"),
    ("json", "每条命令在标准输出给出一个 JSON 文档"),
    (
        "csv",
        "每条命令给出一张逗号分隔的表（RFC 4180）。单元格保持原样：以 = + - @ 开头的，电子表格可能当作公式",
    ),
    ("color", "何时使用颜色；auto 指在终端上且未设置 NO_COLOR"),
    ("no_pager", "超过一屏也直接显示；否则在提示符下由 REEL_PAGER、PAGER 或 less 分页"),
    ("keys", "用 emacs 或 vi 的按键编辑；不指定时按 readline 的设置（~/.inputrc）"),
    ("keep_going", "失败后继续执行；以第一次失败的退出码结束"),
    ("yes", "对所有问题回答是，例如是否购买"),
    ("save_profile", "把此处写明的服务器、用户等存为配置文件中的一个配置，然后离开"),
    ("profiles", "列出配置文件中的配置，然后离开"),
    ("forget_server", "忘记首次见到时信任的服务器证书，然后离开"),
    ("generate", "把手册页或某个 shell 的补全写到标准输出，然后离开"),
    ("help", "显示此帮助"),
    ("version", "显示版本"),
];

/// How the help is laid out.
pub const TEMPLATE: &str =
    "{about}\n\n用法：{usage}\n\n参数：\n{positionals}\n\n选项：\n{options}{after-help}\n";

/// How the program is called.
pub const USAGE: &str = "reel [选项] [@配置]";

/// What the help says at its end.
pub const AFTER: &str = "\
密码在终端上以不显示的方式询问（即使命令来自别处），或取自 REEL_PASSWORD，
从不作为参数。没有 -c 和 -f 时，从标准输入读取命令：在终端上有提示符，否则
作为脚本（空行和以 # 开头的行被跳过）。先执行 -c 的命令，再执行 -f 的；只有
-f - 或最后一个 -c 开始 words 之类的循环时才读标准输入。脚本在第一次失败时停止；
用 --keep-going 则继续，并以第一次失败的退出码结束。

数据写到标准输出，其余写到标准错误。REEL_PAGER 或 PAGER 指定分页程序，NO_COLOR
和 CLICOLOR_FORCE 决定是否使用颜色。

退出码：
  0  完成
  1  被服务器拒绝
  2  用法：没有此命令、参数不对、没有密码可用
  3  无法连接，或连接中断
  4  没有找到
  5  需要先付款，或余额不足
  6  内容与承诺的不符
  7  请稍后再试
  8  本机文件无法读写
  9  本机命令（!）失败
  130  被 Ctrl-C 停止";

/// What is appended about the environment variable of a flag, and its possible words.
pub fn more(variable: Option<&str>, words: &[String]) -> String {
    let variable = variable.map(|name| format!(" [环境变量：{name}]")).unwrap_or_default();
    match words {
        [] => variable,
        words => format!("{variable} [可用值：{}]", words.join("、")),
    }
}

/// What is wrong with a command line; what clap says where this does not know.
pub fn mistake(error: &clap::Error) -> Option<String> {
    let fact = |kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(all) => Some(all.join("、")),
        _ => None,
    };
    let (arg, value) = (fact(ContextKind::InvalidArg)?, fact(ContextKind::InvalidValue));
    let said = match (error.kind(), value) {
        (ErrorKind::UnknownArgument, _) => match fact(ContextKind::SuggestedArg) {
            Some(near) => format!("没有选项 {arg}；是否想写 {near}？"),
            None => format!("没有选项 {arg}"),
        },
        (ErrorKind::InvalidValue, Some(value)) if value.is_empty() => format!("{arg} 需要一个值"),
        (ErrorKind::InvalidValue | ErrorKind::ValueValidation, Some(value)) => {
            match fact(ContextKind::ValidValue) {
                Some(words) => format!("{arg} 的值“{value}”不可用；可用值：{words}"),
                None => format!("{arg} 的值“{value}”不可用{}", why(error)),
            }
        }
        (ErrorKind::ArgumentConflict, _) => match fact(ContextKind::PriorArg) {
            Some(other) if other != arg => format!("{arg} 与 {other} 不能并用"),
            _ => format!("{arg} 只能写一次"),
        },
        (ErrorKind::TooManyValues, Some(value)) => format!("{arg} 不需要值“{value}”"),
        _ => return None,
    };
    Some(format!("错误：{said}\n\n用法：{USAGE}\n用 --help 查看说明。\n"))
}

/// What the parser of the value says.
fn why(error: &clap::Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let known = WHY.iter().find(|(english, _)| *english == source);
    known.map_or(String::new(), |(_, chinese)| format!("：{chinese}"))
}

/// What the parsers of values say, each by its English.
pub const WHY: &[(&str, &str)] = &[
    ("expected a profile as @NAME; commands are given with -c", "配置写作 @名称；命令用 -c 给出"),
    (
        "expected the SHA-256 of a certificate, 64 hex digits, with or without colons",
        "应为证书的 SHA-256，64 个十六进制数字，可带冒号",
    ),
];
