//! 中文。

use super::Text;

pub mod flags;
pub mod refusals;
pub mod system;
pub mod verbs;
pub mod words;

/// The text, with its gaps open.
pub const fn text(text: Text) -> &'static str {
    match text {
        Text::CannotConnect => "无法连接 {0}：{1}",
        Text::ConnectionLost => "连接已断开：{0}",
        Text::Garbled => "服务器的回答无法理解：{0}",
        Text::Stopped => "已停止。",
        Text::ServerEnded => "服务器结束了连接：{0}（{1}）",
        Text::ServerGone => "服务器关闭了连接；下一条命令会重新连接。",
        Text::Resumed => "已重新连接。",
        Text::SessionOver => "会话已结束，请重新登录。",
        Text::LoggedInAs => "已登录：{0}（{1}）。余额 {2}，尚非会员。",
        Text::LoggedOut => "已退出登录。",
        Text::Notice => "公告 {0}：{1}",
        Text::NewNotice => "新公告 {0}：{1}（用 notice {0} 阅读）",
        Text::Retrying => "重试：{0}",
        Text::Farewell => "再见。",

        Text::Password => "密码：",
        Text::PasswordOld => "旧密码：",
        Text::PasswordNew => "新密码：",
        Text::PasswordAgain => "再输入一次：",
        Text::PasswordsDiffer => "两次输入的密码不一致。",
        Text::PasswordEmpty => "密码不能为空。",
        Text::NoPassword => "需要密码：请设置 REEL_PASSWORD，或在终端中运行，届时会询问。",
        Text::PasswordChanged => "密码已更改；您的其他会话已结束。",

        Text::Expected => "此处应为：{0}",
        Text::UnknownVerb => "没有命令 {0}；用 help 查看全部命令。",
        Text::UnknownVerbNearest => "没有命令 {0}。您是想输入 {1} 吗？",
        Text::UseGet => "文件内容不能输出到终端或 JSON：请用 get。",
        Text::UsePut => "上传文件请用 put。",
        Text::NoRows => "没有内容。",
        Text::More => "… 下一页：{0}",
        Text::HelpHint => "help 命令名 查看详情。TAB 补全，Ctrl-C 停止命令，Ctrl-D 离开。",
        Text::CannotRead => "无法读取 {0}：{1}",

        Text::AdLeft => "广告：{0} — 广告剩余 {1} 秒",
        Text::AskPrice => "价格 {0}，继续？",
        Text::AskSeats => "以每座 {1} 预订 {0} 个座位？",
        Text::AskBuy => "以 {1} 购买《{0}》？",
        Text::NeedYes => "价格为 {0}；加上 --yes 即购买。",
        Text::Bought => "已付 {0}；余额 {1}。",
        Text::AlreadyThere => "{0} 已存在，内容完全相同。",
        Text::Continues => "继续下载：已有 {0}，共 {1}。",
        Text::Saved => "已保存 {0}（{1}），MD5 校验通过。",
        Text::Exists => "文件已存在且内容不同；用 --force 替换",
        Text::OtherName => "{0} 是另一个文件；保存为 {1}。",
        Text::AskOverwrite => "{0} 已存在且内容不同，要替换吗？",
        Text::BadCount => "-j 的连接数应为 1 到 16。",
        Text::OtherBytes => "收到的内容 MD5 不符（{0}）。已另存为 {1}；其他文件未动。",
        Text::PartBusy => "此文件夹中正有另一个程序下载同一影片。",
        Text::GoOn => "已有 {0} 保存在 {1}；重复同一命令即可继续。",

        Text::Hashing => "校验",
        Text::Sending => "上传",
        Text::Receiving => "下载",
        Text::Proving => "证明",
        Text::NotAFile => "不是文件",
        Text::WordsBegin => "每行输入一个单词或短语；输入 {0} 结束。TAB 补全。",
        Text::NoWord => "词典中没有这个词。",
        Text::NearWords => "词典中没有这个词。您是不是要找：{0}？",
        Text::Said => "<{0}> {1}",
        Text::Management => "管理员 : {0}",
        Text::CameIn => "[{0}] {1} 进来了。",
        Text::HasLeft => "[{0}] {1} 离开了。",
        Text::FellBehind => "[{0}] 读取太慢，您已离开房间，错过 {1} 条消息；join {0} 可重新进入。",
        Text::Entered => "您已进入 {0}（共 {1} 人）。say 内容 发言，chat 逐行发言，leave 离开。",
        Text::ChatHint => "每行都会发出。/who 看谁在，/leave 离开房间，## 或 Ctrl-D 结束，// 说出一个斜杠。",
        Text::TooLong => "一条消息为 1 到 2000 个字符。",
        Text::NoRoom => "房间名为 1 到 32 个字符，不含空白。",

        Text::Stranger => "服务器 {0} 的证书没有本机信任的机构为其担保（{1}）。",
        Text::Fingerprint => "SHA-256 指纹：{0}",
        Text::AskTrust => "与管理员告诉您的一致吗？从现在起信任它？[y/N] ",
        Text::StrangerHint => {
            "如果与运营者公布的指纹一致：加上 --tls-pin 指纹，或在终端中运行一次 reel 并确认。没有发送任何内容。"
        }
        Text::CertificateChanged => {
            "危险：服务器 {0} 的证书与您信任过的不同，可能有人在中间窃听。没有发送任何内容。"
        }
        Text::ChangedHint => {
            "如果是运营者更换了证书：reel --forget-server {2} 会忘记旧证书（{0} 第 {1} 行），下次 reel --tls 会显示新证书并询问。"
        }
        Text::InTheClear => {
            "{0} 是另一台机器；不用 TLS，途中监听的人会看到您的密码。--tls 使用 TLS；--plain 仍不加密（例如已有隧道时）。没有发送任何内容。"
        }
        Text::NotThePin => "危险：服务器 {0} 的证书不是 --tls-pin 指定的那一个。没有发送任何内容。",

        Text::BadWord => "{0}：应为 {1}",

        Text::AskTitle => "标题：",
        Text::AskLines => "请输入正文；单独一行句点结束，Ctrl-C 放弃。",
        Text::NothingToPost => "公告需要标题和正文：post \"标题\" \"正文\"。",
        Text::AdminsOnly => "只有管理员可以这样做。",
        Text::EditHead => "# 此行以上为《{0}》的正文。没有正文则不发布。",
        Text::DraftKept => "正文保存在 {0}。",
        Text::Code => "代码：",
        Text::Unregistering => "账号 {0} 将被永久删除，同时失去钱包中的 {1} 和已购的 {2} 部影片。",
        Text::TypeName => "输入您的用户名以继续：",
        Text::NeedName => "需要输入用户名；脚本请用 --yes。",
        Text::OtherNameTyped => "用户名不符，未删除任何内容。",
        Text::Unregistered => "账号 {0} 已删除。",
        Text::ResetHint => "请把此代码交给 {0}，两天内有效，只能使用一次：recover {0}",
        Text::InviteHint => "持此码者可注册：register 用户名 invite=邀请码",
        Text::Exported => "已写入 {0}（{1}）：{2}。",
        Text::ThereAlready => "文件已存在；用 --force 替换",
        Text::StdoutTaken => "标准输出是终端，或已被 --json 占用：请指定文件。",
        Text::OtherBytesOut => "已输出内容的 MD5（{0}）与承诺的不符。",
        Text::Proved => "服务器已有此文件：{0} 无需传输。",
        Text::NotProved => "证明未被接受；改为传输文件。",
        Text::ByDay => "每日{0}（UTC）：共 {1}，最高 {2}",
        Text::MostFetched => "下载最多",

        Text::Done => "完成。",
        Text::Remembered => "已记住：下次将继续此会话，直到您 logout。",
        Text::LoggedInMember => "已登录：{0}（{1}）。余额 {2}，会员有效期至 {3}。",
        Text::StalePassword => "记住的密码已失效。",
        Text::OpenToOthers => {
            "其他人可以读取 {0}，因此不使用其中记住的登录信息：请执行 chmod 600 {0}，若可能已被他人读过请更改密码；或使用 --remember nothing。"
        }
        Text::BadName => "用户名为 2 到 32 个字符，不含空白。",
        Text::UnregisteringMember => {
            "账号 {0} 将被永久删除，同时失去钱包中的 {1}、已购的 {2} 部影片和会员资格（至 {3}）。"
        }
        Text::SpeaksTls => "{0}：此端口使用 TLS；请加上 --tls。没有发送密码。",
        Text::SpeaksNoTls => {
            "{0}：此端口不使用 TLS。TLS 端口另有其一，默认为 2122；去掉 --tls 则不加密。没有发送任何内容。"
        }
        Text::NotKnown => "没有信任过服务器 {0}，无需忘记。",
        Text::Forgotten => "已忘记 {0} 的证书。下次 reel --tls 会显示新证书并询问。",
        Text::ConfigAt => "{0} 第 {1} 行：{2}",
        Text::BadToml => "不是有效的 TOML：{0}",
        Text::NoSuchKey => "此处没有 {0} 这个键；可用的有 {1}",
        Text::NoSuchKeyNear => "此处没有 {0} 这个键；是否想写 {1}？",
        Text::NoSecretsHere => {
            "{0}：此文件中不应有机密。请用 REEL_PASSWORD 提供密码；remember = \"password\" 会把它存入密钥环或仅您可读的文件"
        }
        Text::NoDefault => "没有可作默认的配置 {0}；现有：{1}",
        Text::NotBothWays => "{0}：tls 与 plain 不能并用",
        Text::WantQuoted => "引号中的文字",
        Text::WantTruth => "true 或 false",
        Text::WantLang => "\"en\" 或 \"zh\"",
        Text::WantHost => "\"主机\" 或 \"主机:端口\"",
        Text::WantName => "引号中的用户名，2 到 32 个字符，不含空白",
        Text::WantPin => "引号中的证书 SHA-256，64 个十六进制数字，可带冒号",
        Text::WantRemember => "\"session\"、\"password\" 或 \"nothing\"",
        Text::WantProfiles => "[profiles.名称] 及其下的键",
        Text::NoSuchProfile => "{1} 中没有配置 {0}；现有：{2}。",
        Text::NoProfiles => {
            "没有配置 {0}：{1} 中还没有任何配置。新建：reel --host 主机 --user 用户名 --save-profile {0}"
        }
        Text::ProfileThere => "{1} 中已有配置 {0}；请在其中修改。",
        Text::ProfileSaved => "已保存到 {1}：用 reel @{0} 使用。",
        Text::BadProfileName => "配置名只能含字母、数字、- 和 _。",

        Text::ManVerbs => "命令",
        Text::ManGuest => "任何人",
        Text::ManUser => "登录用户",
        Text::ManAdmin => "管理员",
        Text::ManExample => "例：",
        Text::ManAs => "同 ",
        Text::ManPassword => "密码，用于不在终端询问时。",
        Text::ManNewPassword => "脚本中 passwd 与 recover 的新密码。",
        Text::ManBell => "设为 1 时，聊天中有人提到您即响铃。",
        Text::ManEditor => "post 用来编写公告正文的编辑器。",
        Text::ManColour => "设置了 NO_COLOR 或终端为 dumb 时不用颜色。",
        Text::ManLocale => "语言，除非 --lang 或 REEL_LANG 另有指定。",
        Text::ManBus => "在此总线上寻找桌面的密钥环。",
        Text::ManConfig => {
            "配置：[profiles.名称] 下可有 host、user、tls、tls-pin、plain、lang 和 remember；其上可有 default、lang 和 keyring。不含密码。"
        }
        Text::ManSecrets => {
            "会话，以及您要求记住的密码，除非已存入桌面的密钥环。必须仅您可读；logout 会删除您的记录。"
        }
        Text::ManKnown => "首次见到时信任的证书；--forget-server 可删除。",
        Text::ManHistory => "输入过的命令行，不含机密。",
    }
}

/// The heading of a column.
pub fn column(key: &str) -> Option<&'static str> {
    Some(match key {
        "id" => "编号",
        "kind" => "类型",
        "price" => "价格",
        "member-price" => "会员价",
        "size" => "大小",
        "author" => "上传者",
        "at" => "时间",
        "title" => "标题",
        "owned" => "已购",
        "granted" => "可下载",
        "user" => "用户",
        "role" => "身份",
        "balance" => "余额",
        "paid" => "已付",
        "member-until" => "会员至",
        "amount" => "金额",
        "why" => "事由",
        "how" => "方式",
        "bytes" => "字节",
        "done" => "完成",
        "room" => "房间",
        "who" => "成员",
        "members" => "人数",
        "message" => "消息",
        "by" => "举报者",
        "said-at" => "发言时间",
        "until" => "至",
        "session" => "会话",
        "from" => "来自",
        "since" => "开始",
        "doing" => "正在",
        "code" => "代码",
        "verb" => "命令",
        "usage" => "用法",
        "text" => "说明",
        "word" => "词",
        "dict" => "词典",
        "example" => "例",
        "also" => "别名",
        "note" => "备注",
        "locked" => "锁定",
        "seen" => "上次登录",
        "deed" => "操作",
        "object" => "对象",
        "description" => "简介",
        "fetched" => "下载次数",
        "deleted" => "已删除",
        "periods" => "期数",
        "days" => "天数",
        "link" => "链接",
        "weight" => "权重",
        "on" => "启用",
        "shown" => "展示次数",
        "saved" => "节省",
        "answer" => "回答",
        "profile" => "配置",
        "arguments" => "参数",
        "md5" => "MD5",
        "name" => "名称",
        "value" => "数值",
        "day" => "日期",
        "seats" => "座位",
        "left" => "剩余",
        "starts" => "开始时间",
        "each" => "每人限订",
        "called-off" => "已取消",
        "booking" => "预订",
        "event" => "活动",
        "used-bytes" => "已用空间",
        "used-titles" => "已用数目",
        "titles" => "影片数",
        "refunded" => "已退款",
        "purged" => "已清除",
        "caps" => "功能",
        "offset" => "起点",
        "length" => "长度",
        "nonce" => "随机数",
        "ranges" => "范围",
        "part" => "段",
        "host" => "服务器",
        "way" => "连接",
        "default" => "默认",
        _ => return None,
    })
}

/// What one of the numbers counts.
pub fn figure(name: &str) -> Option<&'static str> {
    Some(match name {
        "accounts" => "账号",
        "members" => "会员",
        "locked" => "已锁定",
        "titles" => "影片",
        "free" => "免费",
        "paid" => "付费",
        "shared" => "共享",
        "bytes" => "已存储",
        "sent" => "已发送",
        "downloads" => "下载",
        "revenue" => "收入",
        "proofs-failed" => "未通过的证明",
        _ => return None,
    })
}

/// A list of an export.
pub fn part(name: &str) -> Option<&'static str> {
    Some(match name {
        "sessions" => "会话",
        "history" => "下载",
        "statement" => "账目",
        "purchases" => "已购",
        "uploads" => "上传",
        _ => return None,
    })
}
